import { describe, expect, it } from "vitest";
import { byName, floorHeight } from "./floors";

describe("drawing of a building", () => {
  it("puts floors on top of each other, G0 to G2 between the cellar and the first", () => {
    const names = ["-2", "-1", "0", "G0", "G1", "G2", "1", "2", "10", "128"];
    expect([...names].sort((a, b) => floorHeight(a) - floorHeight(b))).toEqual(names);
  });

  it("counts as people do", () => {
    expect(["10", "9", "2#12", "2#3"].sort(byName)).toEqual(["2#3", "2#12", "9", "10"]);
  });
});
