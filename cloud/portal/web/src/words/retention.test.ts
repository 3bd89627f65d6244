import { describe, expect, it } from "vitest";
import { isShorter, offeredDays, retentionValues } from "./retention";

const of = (days: string, ...kinds: [kind: string, days: string][]) => ({ days, kinds: kinds.map(([kind, own]) => ({ kind, days: own })), revision: 1 });

describe("how long a log is kept", () => {
  it("offers nothing longer than the operator keeps, and what is picked", () => {
    expect(offeredDays(400, "")).toEqual([30, 60, 90, 180, 365, 400]);
    expect(offeredDays(0, "45")).toEqual([30, 45, 60, 90, 180, 365, 730, 1095, 1825, 3650, 0]);
    expect(offeredDays(400, "0")).toEqual([30, 60, 90, 180, 365, 400, 0]);
  });

  it("opens with the kinds that have days of their own", () => {
    const kinds = [{ kind: "call", days: null }, { kind: "door_log", days: 0 }];
    expect(retentionValues({ days: null, kinds, revision: 3 })).toEqual({ days: "", kinds: [{ kind: "door_log", days: "0" }], revision: 3 });
  });

  it("knows when rows will leave that were to stay", () => {
    expect(isShorter(of("90"), of("180"), 0)).toBe(false);
    expect(isShorter(of("180"), of("90"), 0)).toBe(true);
    expect(isShorter(of(""), of("365"), 0)).toBe(true);
    expect(isShorter(of("365"), of(""), 0)).toBe(false);
    expect(isShorter(of(""), of("365"), 200)).toBe(false);
    expect(isShorter(of("90", ["call", "365"]), of("90"), 0)).toBe(true);
    expect(isShorter(of("90"), of("90", ["call", "30"]), 0)).toBe(true);
    expect(isShorter(of("0", ["call", "30"]), of("0", ["call", "0"]), 0)).toBe(false);
  });
});
