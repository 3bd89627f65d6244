import { describe, expect, it } from "vitest";
import type { LogRow } from "../api/types";
import { belongs, holds, isRow, withRow } from "./rows";

const row = (id: string, at: string, kind = "door_log", body: Record<string, unknown> = {}): LogRow => ({
  id, kind, body, occurred_at: at, received_at: at, agent_id: "a", stream: "audit", clock_sure: true, seq: 1, epoch: "e", digest: "",
});

describe("live rows", () => {
  it("stand once and in the order they happened", () => {
    const pages = { pages: [{ items: [row("b", "2026-01-01T10:00:02Z"), row("a", "2026-01-01T10:00:00Z")] }], pageParams: [""] };
    const more = withRow(pages, row("c", "2026-01-01T10:00:01Z"));
    expect(more!.pages[0]!.items.map((r) => r.id)).toEqual(["b", "c", "a"]);
    expect(withRow(more, row("c", "2026-01-01T10:00:01Z"))).toBe(more);
    expect([holds(more, row("a", "x")), holds(more, row("d", "x")), holds(undefined, row("a", "x"))]).toEqual([true, false, false]);
  });

  it("go only into lists that asked for them", () => {
    const door = row("1", "2026-01-01T10:00:00Z", "door_log", { device_id: "d", apartment_id: "h" });
    expect(belongs(door, { limit: "50" })).toBe(true);
    expect(belongs(door, { kind: "call,security" })).toBe(false);
    expect(belongs(door, { kind: "door_log,command" })).toBe(true);
    expect(belongs(door, { device: "d" })).toBe(true);
    expect(belongs(door, { device: "e" })).toBe(false);
    expect(belongs(door, { apartment: "h" })).toBe(true);
  });

  it("are told from other messages", () => {
    expect(isRow(row("1", "x"))).toBe(true);
    expect(isRow({ what: "reset" })).toBe(false);
    expect(isRow(undefined)).toBe(false);
  });
});
