import { describe, expect, it } from "vitest";
import { buttonsOf, devicePlace, firstType, freeDigit, hasField, likelyDriver, offersOffline, takesModule, type DeviceField } from "./deviceform";
import { accessTerminal, doorPhone, guardPhone, monitor, singleDoorPhone } from "./floors";

const nowhere = { building_id: "", apartment_id: "", department_id: "" };
const all: DeviceField[] = [
  "monitoring", "internet", "buildings", "contact_display", "directory", "hold_open", "relays", "methods", "security_relay", "works_offline", "arming", "built_in", "external", "module",
];
const fields = (type: number, place: Parameters<typeof hasField>[2]) => all.filter((f) => hasField(f, type, place));

describe("form of a device", () => {
  it("knows the place of a device by the kind of its site", () => {
    expect(devicePlace("community", nowhere)).toBe("site");
    expect(devicePlace("community", { ...nowhere, building_id: "b" })).toBe("building");
    expect(devicePlace("community", { ...nowhere, building_id: "b", apartment_id: "a" })).toBe("apartment");
    expect(devicePlace("office", nowhere)).toBe("office");
    expect(devicePlace("office", { ...nowhere, department_id: "d" })).toBe("department");
    expect(devicePlace("single", { ...nowhere, building_id: "b", apartment_id: "a" })).toBe("home");
  });

  it("has the fields of the guides' table at each place", () => {
    expect(fields(doorPhone, "site")).toEqual(["monitoring", "internet", "buildings", "directory", "relays", "methods", "security_relay", "module"]);
    expect(fields(doorPhone, "building")).toEqual(["monitoring", "internet", "contact_display", "directory", "relays", "methods", "security_relay", "module"]);
    expect(fields(singleDoorPhone, "apartment")).toEqual(["monitoring", "internet", "hold_open", "relays", "methods", "security_relay", "module"]);
    expect(fields(accessTerminal, "apartment")).toEqual(["monitoring", "internet", "relays", "methods", "security_relay"]);
    expect(fields(doorPhone, "department")).toEqual(["monitoring", "contact_display", "relays", "methods", "security_relay", "module"]);
    expect(fields(monitor, "apartment")).toEqual(["works_offline", "arming", "built_in", "external"]);
    expect(fields(monitor, "site")).toEqual(["arming", "built_in", "external"]);
    expect(fields(monitor, "office")).toEqual(["built_in"]);
    expect(fields(guardPhone, "site")).toEqual([]);
  });

  it("has no access methods in a single-family home", () => {
    expect(fields(singleDoorPhone, "home")).toEqual(["relays", "security_relay", "module"]);
    expect(fields(monitor, "home")).toEqual([]);
  });

  it("offers the offline solution while its gate is open, and to take back what was set", () => {
    expect([offersOffline(false, false), offersOffline(true, false), offersOffline(false, true)]).toEqual([false, true, true]);
  });

  // shows EDGE-04 by cloud/portal/web/src/words/deviceform.ts: "return found?.service === \"ws-discovery\" && !found.mac.startsWith(\"0C1105\") ? \"onvif\" : \"akuvox\";" => "return \"akuvox\";"
  it("begins with the driver of what was found", () => {
    const drivers = [undefined, { mac: "0C1105000001", service: "ws-discovery" }, { mac: "ACCC8E000001", service: "ws-discovery" }, { mac: "7C1EB3000001", service: "neighbour" }, { mac: "ACCC8E000001" }];
    expect(drivers.map(likelyDriver)).toEqual(["akuvox", "akuvox", "onvif", "2n", "akuvox"]);
  });

  it("begins with the type of its place", () => {
    expect([firstType("site"), firstType("department"), firstType("apartment"), firstType("home")]).toEqual([0, 0, 1, 1]);
  });

  it("gives a new relay a digit that is free", () => {
    expect([freeDigit([]), freeDigit(["#"]), freeDigit(["#", "*", "0"])]).toEqual(["#", "*", "1"]);
  });

  it("has modules for R20K and R20B alone", () => {
    expect(["R20K", "r20b-2", "R20", "R29"].map(takesModule)).toEqual([true, true, false, false]);
    expect([buttonsOf("MD06"), buttonsOf("MD12"), buttonsOf("")]).toEqual([6, 12, 0]);
  });
});
