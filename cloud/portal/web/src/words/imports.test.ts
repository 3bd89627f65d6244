import { describe, expect, it } from "vitest";
import { long, made, says, shown, typed, words } from "./imports";

const row = { n: 0, sheet: "", line: 2, cells: [], state: "add" as const, faults: [], notes: [], changes: [] };

describe("imports", () => {
  it("show only rows that are in sight, however many there are", () => {
    expect(shown(0, 400, 40, 10_000)).toEqual({ from: 0, to: 18 });
    expect(shown(200_000, 400, 40, 10_000)).toEqual({ from: 4992, to: 5018 });
    expect(shown(399_600, 400, 40, 10_000).to).toBe(10_000);
  });

  it("keep what was typed and forget what is as before", () => {
    const one = typed({}, 3, "apt", "101", "#101");
    expect(one).toEqual({ 3: { apt: "101" } });
    expect(typed(one, 3, "apt", "#101", "#101")).toEqual({});
  });

  it("take long when many rows are written, however many there are", () => {
    const counts = { rows: 9000, add: 0, change: 0, same: 9000, error: 0, left_out: 0, warning: 0, devices: 0, homes: 0 };
    expect([long({ counts }), long({ counts: { ...counts, add: 400, change: 101 } })]).toEqual([false, true]);
  });

  it("say what a row does, its errors first", () => {
    expect(made({ object: "apartment", name: "101", action: "changed", fields: [{ name: "CallType", before: "0", after: "2" }] })).toBe("Changes apartment 101: call type 0 → 2");
    const fault = { column: "apt", code: "bad_apt", value: "x", message: "Bad." };
    expect(says({ ...row, faults: [fault, fault] })).toBe("Bad. +1");
    expect(words("WebRelay")).toBe("web relay");
  });
});
