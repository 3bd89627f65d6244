import { describe, expect, it } from "vitest";
import type { Capability } from "../api/apartments";
import {
  aptWords, asksFor, blankResident, elsewhere, floorNames, fewWords, fieldOf, handsetsWords, marksOf, movesIn, residentLines, roomForSet, sendable, setsWords, wantsMonitor, withTarget,
} from "./homes";

const draft = (part: object) => ({
  building_id: "b", number: "101", name: "", floor: "", contact: "group" as const, call_path: "ip" as const, call_type: 0, sets: [], web_relay: 0, handsets: [], ...part,
});

describe("words of an apartment", () => {
  it("shows an apartment with its floor", () => {
    expect(aptWords({ number: "601", floor: "6" })).toBe("601 (Floor 6)");
    expect(aptWords({ number: "601", floor: "" })).toBe("601");
  });

  it("offers every floor once, from the cellar up", () => {
    expect(floorNames).toHaveLength(142);
    expect([floorNames[0], floorNames.at(-1)]).toEqual(["-10", "128"]);
    expect(floorNames.slice(9, 15)).toEqual(["-1", "0", "G0", "G1", "G2", "1"]);
  });

  it("rings nothing twice in a sequence", () => {
    expect(withTarget(["accounts"], "monitors", true)).toEqual(["monitors", "accounts"]);
    expect(withTarget(["monitors", "accounts"], "monitors", false)).toEqual(["accounts"]);
    expect(elsewhere([["monitors"], ["accounts"]], 1, "monitors")).toBe(true);
    expect(elsewhere([["monitors"], ["accounts"]], 0, "monitors")).toBe(false);
    expect(roomForSet([["monitors"], ["accounts"]])).toBe(true);
    expect(roomForSet([["monitors", "accounts", "landlines"]])).toBe(false);
    expect(roomForSet([["monitors"], ["accounts"], ["landlines"]])).toBe(false);
  });

  it("says sets and handsets as people would", () => {
    expect(setsWords([["monitors"], ["accounts", "landlines"]])).toBe("first indoor monitors; then apps and landlines");
    expect(handsetsWords([{ name: "Kitchen", number: "1" }, { name: "Hall", number: "2" }])).toBe("Kitchen 1, Hall 2");
  });
});

describe("a new apartment", () => {
  it("leaves out who was not named, whatever language was chosen", () => {
    expect(movesIn(blankResident())).toBe(false);
    expect(sendable(draft({ resident: blankResident() }))).not.toHaveProperty("resident");
    const blank = blankResident();
    expect(movesIn({ ...blank, form: { ...blank.form, remark: "tenant" } })).toBe(true);
  });

  it("sends the numbers that were typed", () => {
    const blank = blankResident();
    const resident = { ...blank, first_name: "Ada", form: { ...blank.form, landlines: ["", "30 1", ""] } };
    expect(sendable(draft({ resident })).resident?.form.landlines).toEqual(["30 1"]);
  });

  it("finds the field that the API speaks of", () => {
    const blank = blankResident();
    const of = draft({ resident: { ...blank, form: { ...blank.form, landlines: ["", "30 1", "x"] } } });
    expect(fieldOf(of, "resident.form.landlines.1")).toBe("resident.form.landlines.2");
    expect(fieldOf(of, "monitor.form.built_in.0.name")).toBe("monitor.built_in.0.name");
    expect(fieldOf(of, "sets.0")).toBe("sets.0");
  });
});

describe("what an apartment asks of devices", () => {
  it("names feature and field", () => {
    expect(asksFor(draft({}))).toEqual([]);
    const all = asksFor(draft({ number: "2#1", floor: "6", contact: "sequence" }));
    expect(all.map((a) => `${a.field} ${a.feature}`)).toEqual(["number hash_in_apartment", "contact sequence_call", "floor floors"]);
  });

  it("marks what is missing or not known, and nothing that works", () => {
    const can = (feature: Capability["feature"], state: Capability["state"]) => ({ feature, state, devices: [], has: "", model: "", needs: "", reason: "" });
    const list = [can("floors", "ok"), can("floors", "too_old"), can("sequence_call", "unknown"), can("floors", "not_listed")];
    expect(marksOf(list, "floors").map((c) => c.state)).toEqual(["too_old", "not_listed"]);
    expect(marksOf(undefined, "floors")).toEqual([]);
  });

  it("names few devices and counts the rest", () => {
    expect(fewWords(["A", "B"])).toBe("A, B");
    expect(fewWords(["A", "B", "C", "D", "E"])).toBe("A, B, C and 2 more");
  });

  it("wants a monitor of a Basic community alone, unless its homes are smart", () => {
    expect(wantsMonitor({ kind: "community", form: { plan: "basic" } })).toBe(true);
    expect(wantsMonitor({ kind: "community", form: { plan: "premium" } })).toBe(false);
    expect(wantsMonitor({ kind: "community", form: { plan: "basic", smart_home: true } })).toBe(false);
    expect(wantsMonitor({ kind: "office", form: { plan: "basic" } })).toBe(false);
  });
});

describe("a resident", () => {
  it("is shown with what was set, and no empty line", () => {
    expect(residentLines({ email: "", phone: "", form: {} })).toEqual([]);
    expect(residentLines({ email: "a@example.com", phone: "+49 30 1", form: { landlines: ["+49 2"], floors: ["all"], remark: "tenant" } })).toEqual([
      "+49 30 1 · a@example.com", "Landline numbers: +49 2", "Accessible floors: All floors", "Remark: tenant",
    ]);
  });
});
