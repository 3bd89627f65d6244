import { describe, expect, it } from "vitest";
import type { Device } from "../api/types";
import { daysWords, doorChoices, doorOf, doorValue, scheduleWords } from "./accessgroups";

const device = (id: string, name: string, relays: [number, string, boolean][], building = "") =>
  ({ id, name, building, relays: relays.map(([number, name, enabled]) => ({ number, name, enabled })) }) as unknown as Device;

describe("access groups in words", () => {
  it("calls days by runs, the week from Monday on", () => {
    expect(daysWords([1, 2, 3, 4, 5])).toBe("Mon–Fri");
    expect(daysWords([0, 6])).toBe("Sat, Sun");
    expect(daysWords([0, 1, 3, 4, 5, 6])).toBe("Mon, Wed–Sun");
    expect(daysWords([])).toBe("");
  });

  it("says when a group opens", () => {
    expect(scheduleWords({ repeat: "always", days: [] })).toBe("At all times");
    expect(scheduleWords({ repeat: "daily", from: "08:00", till: "17:59" })).toBe("Every day 08:00–17:59");
    expect(scheduleWords({ repeat: "weekly", days: [2], from: "07:30", till: "12:00" })).toBe("Tue 07:30–12:00");
  });

  it("offers the relays in use and those chosen before, by device and place", () => {
    const gate = device("g", "Gate", [[1, "Gate", true], [2, "Barrier", true], [3, "", false]], "House A");
    const side = device("s", "Side door", [[1, "", true]]);
    expect(doorChoices([gate, side], [{ device_id: "g", relay: 3 }]).map((c) => c.label)).toEqual([
      "Gate · Gate · House A", "Gate · Barrier · House A", "Gate · Relay 3 · House A", "Side door",
    ]);
    expect(doorChoices([gate], []).map((c) => c.value)).toEqual(["g 1", "g 2"]);
    expect(doorOf(doorValue({ device_id: "g", relay: 2 }))).toEqual({ device_id: "g", relay: 2 });
  });
});
