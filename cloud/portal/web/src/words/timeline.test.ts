import { describe, expect, it } from "vitest";
import { timeline } from "./timeline";

const call = {
  end: "answered",
  cause: "answered",
  answered_by_name: "Kitchen",
  dialled: "101",
  lasts_ms: 20_000,
  legs: [
    { device_id: "", marks: [{ at_ms: 0, what: "invited" }, { at_ms: 20_000, what: "ended" }] },
    { device_id: "k", name: "Kitchen", marks: [{ at_ms: 8_000, what: "answered" }, { at_ms: 100, what: "ringing" }, { at_ms: 20_000, what: "ended" }] },
    { device_id: "h", name: "Hall", marks: [{ at_ms: 120, what: "ringing" }, { at_ms: 8_010, what: "cancelled" }] },
    { device_id: "x", name: "Attic", marks: [{ at_ms: 5, what: "left_out", why: "other_agent" }] },
  ],
};

describe("call timeline", () => {
  it("gives every leg a lane and sorts its marks", () => {
    const { lanes } = timeline(call);
    expect(lanes.map((l) => l.name)).toEqual(["Visitor", "Kitchen", "Hall", "Attic"]);
    expect(lanes[1]!.marks.map((m) => m.what)).toEqual(["ringing", "answered", "ended"]);
    expect(lanes[0]!.caller).toBe(true);
  });

  it("rings until the answer and talks until the end", () => {
    const { lanes, spanMs } = timeline(call);
    const [ringing, talking] = lanes[1]!.bars;
    expect(ringing).toMatchObject({ kind: "ringing", left: Math.round((100 / spanMs) * 10_000) / 100 });
    expect(talking!.left).toBeCloseTo((8_000 / spanMs) * 100, 1);
    expect(talking!.left + talking!.width).toBeCloseTo((20_000 / spanMs) * 100, 1);
    expect(lanes[2]!.bars).toHaveLength(1);
    expect(lanes[3]!.bars).toHaveLength(0);
  });

  it("keeps every mark on the lane", () => {
    for (const last of [1, 49, 60, 999, 12_345, 600_000]) {
      const line = timeline({ end: "no_answer", lasts_ms: last, legs: [{ device_id: "a", marks: [{ at_ms: last, what: "ended" }] }] });
      expect(line.lanes[0]!.marks[0]!.left).toBeLessThanOrEqual(100);
      expect(line.ticks.length).toBeLessThanOrEqual(7);
      expect(line.ticks.at(-1)!.left).toBeLessThanOrEqual(100);
    }
  });

  it("says the reason and what to do about it", () => {
    expect(timeline(call)).toMatchObject({ sentence: "Kitchen answered.", advice: "", tone: "ok" });
    const lost = timeline({ end: "no_targets", cause: "no_monitors", dialled: "305", legs: [] });
    expect(lost.sentence).toBe("305 has no device that can ring.");
    expect(lost.advice).toContain("Add a monitor");
    expect(lost.lanes).toEqual([]);
  });

  it("names whom the cause is about", () => {
    const legs = [{ marks: [] }, { device_id: "k", name: "Kitchen", kind: "device", path: "ip", stage: 2, blamed: true, marks: [] }];
    const line = timeline({ end: "unreachable", cause: "no_reply", legs });
    expect(timeline({ cause: "declined", legs }).lanes[1]!.blamed).toBe(false);
    expect(line.sentence).toBe("Kitchen was called and said nothing.");
    expect(line.lanes[1]).toMatchObject({ blamed: true, how: "device · direct on the LAN · stage 2" });
    expect(timeline({ cause: "a_newer_word", legs: [] })).toMatchObject({ tone: "bad", sentence: expect.stringContaining("does not know") });
  });

  it("names why a leg was left out", () => {
    expect(timeline(call).lanes[3]!.marks[0]!.label).toBe("left out: another agent looks after it");
  });

  it("survives a body of another shape", () => {
    expect(timeline({ legs: "none", lasts_ms: "long" }).lanes).toEqual([]);
    expect(timeline({ legs: [{ marks: [{ at_ms: -5, what: 3 }] }] }).lanes[0]!.marks[0]!.left).toBe(0);
  });
});
