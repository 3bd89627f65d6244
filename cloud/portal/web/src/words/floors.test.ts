import { describe, expect, it } from "vitest";
import type { Apartment, Device } from "../api/types";
import { byName, floorHeight, floorsOf, homeState, ringsFrom } from "./floors";

const home = (id: string, number: string, floor: string) => ({ id, building_id: "b", number, name: "", floor }) as Apartment;
const device = (d: Partial<Device>, online = true) => ({ id: d.name, building_id: "", apartment_id: "", type: 2, ...d, status: { online, since: "2026-01-01T00:00:00Z" } }) as Device;

describe("drawing of a building", () => {
  it("puts floors on top of each other, G0 to G2 between the cellar and the first", () => {
    const names = ["-2", "-1", "0", "G0", "G1", "G2", "1", "2", "10", "128"];
    expect([...names].sort((a, b) => floorHeight(a) - floorHeight(b))).toEqual(names);
    const floors = floorsOf("b", [home("1", "101", "1"), home("2", "1001", "10"), home("3", "001", "G0"), home("4", "9", ""), home("5", "99", "1")]);
    expect(floors.map((f) => f.name)).toEqual(["10", "1", "G0", ""]);
    expect(floors[1]!.apartments.map((a) => a.number)).toEqual(["99", "101"]);
  });

  it("counts as people do", () => {
    expect(["10", "9", "2#12", "2#3"].sort(byName)).toEqual(["2#3", "2#12", "9", "10"]);
  });

  it("tells an apartment without devices from one whose devices are silent", () => {
    expect(homeState("a", [])).toBe("none");
    expect(homeState("a", [device({ name: "m", apartment_id: "a" }, false)])).toBe("off");
    expect(homeState("a", [{ ...device({ name: "m", apartment_id: "a" }), status: { online: false } } as Device])).toBe("unseen");
    expect(homeState("a", [device({ name: "m", apartment_id: "a" }), device({ name: "n", apartment_id: "a" }, false)])).toBe("some");
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
