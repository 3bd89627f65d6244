import { describe, expect, it } from "vitest";
import { changes } from "./diff";

describe("changes", () => {
  it("are told field by field", () => {
    expect(changes({ name: "A", zone: "UTC", relays: [{ n: 1 }] }, { name: "B", zone: "UTC", relays: [{ n: 2 }] })).toEqual([
      { path: "name", before: "A", after: "B" },
      { path: "relays.0.n", before: "1", after: "2" },
    ]);
  });

  it("of what is new are all its fields", () => {
    expect(changes(undefined, { name: "A", note: "", on: false })).toEqual([
      { path: "name", before: undefined, after: "A" },
      { path: "on", before: undefined, after: "false" },
    ]);
  });
});
