import { describe, expect, it } from "vitest";
import { differences, merged, same } from "./merge";

describe("two who edit at once", () => {
  const opened = { id: "1", revision: 3, name: "Eva", phone: "1", relays: [{ number: 1, name: "Door" }], api_password: "" };

  it("sees only what differs, and starts from who changed it", () => {
    const mine = { ...opened, name: "Eve", api_password: "secret" };
    const theirs = { id: "1", revision: 5, name: "Eva", phone: "2", relays: [{ name: "Door", number: 1 }], status: "online" };
    expect(differences(opened, mine, theirs)).toEqual([
      { path: "name", mine: "Eve", theirs: "Eva", start: "mine" },
      { path: "phone", mine: "1", theirs: "2", start: "theirs" },
    ]);
  });

  it("keeps mine where both changed the same field", () => {
    expect(differences(opened, { ...opened, name: "Eve" }, { ...opened, name: "Ewa", revision: 4 })).toEqual([{ path: "name", mine: "Eve", theirs: "Ewa", start: "mine" }]);
  });

  it("takes each field from the chosen side and the revision from now", () => {
    const mine = { ...opened, name: "Eve", phone: "9", api_password: "secret" };
    const theirs = { id: "1", revision: 5, name: "Ewa", phone: "2" };
    expect(merged(mine, theirs, { name: "mine", phone: "theirs", api_password: "theirs" })).toEqual({ ...mine, phone: "2", revision: 5 });
  });

  it("calls absent and empty the same, and lists in another order not", () => {
    expect(same(undefined, "")).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same({ a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 })).toBe(true);
  });

  it("has nothing to choose when both made the same change", () => {
    expect(differences(opened, { ...opened, name: "Eve" }, { ...opened, name: "Eve", revision: 4 })).toEqual([]);
  });
});
