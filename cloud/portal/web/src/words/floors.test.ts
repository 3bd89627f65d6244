import { describe, expect, it } from "vitest";
import type { Apartment, Device } from "../api/types";
import { byName, floorHeight, ringsFrom } from "./floors";

const home = (id: string, number: string, floor: string) => ({ id, building_id: "b", number, name: "", floor }) as Apartment;
const device = (d: Partial<Device>) => ({ id: d.name, building_id: "", apartment_id: "", type: 2, ...d }) as Device;

describe("drawing of a building", () => {
  it("puts floors on top of each other, G0 to G2 between the cellar and the first", () => {
    const names = ["-2", "-1", "0", "G0", "G1", "G2", "1", "2", "10", "128"];
    expect([...names].sort((a, b) => floorHeight(a) - floorHeight(b))).toEqual(names);
  });

  it("counts as people do", () => {
    expect(["10", "9", "2#12", "2#3"].sort(byName)).toEqual(["2#3", "2#12", "9", "10"]);
  });

  it("draws the doors that reach an apartment, and its monitors alone", () => {
    const all = [
      device({ name: "Street", type: 0 }), device({ name: "House", type: 0, building_id: "b" }), device({ name: "Next", type: 0, building_id: "c" }),
      device({ name: "Own", type: 1, building_id: "b", apartment_id: "1" }), device({ name: "Hall", apartment_id: "1" }), device({ name: "Other", apartment_id: "2" }),
    ];
    const { doors, targets } = ringsFrom(home("1", "101", "1"), all);
    expect(doors.map((d) => d.name)).toEqual(["House", "Own", "Street"]);
    expect(targets.map((d) => d.name)).toEqual(["Hall"]);
  });
});
