import { expect, test } from "vitest";
import { zoneChoices, zoneLabel } from "./zone";

const winter = new Date("2026-01-15T12:00:00Z");
const summer = new Date("2026-07-15T12:00:00Z");

test("a zone is told by its hours and its city", () => {
  expect(zoneLabel("Asia/Shanghai", winter)).toBe("GMT+8:00 Shanghai");
  expect(zoneLabel("Asia/Kolkata", winter)).toBe("GMT+5:30 Kolkata");
  expect(zoneLabel("America/St_Johns", winter)).toBe("GMT-3:30 St Johns");
  expect(zoneLabel("America/Argentina/Buenos_Aires", winter)).toBe("GMT-3:00 Buenos Aires");
  expect([zoneLabel("Europe/Vienna", winter), zoneLabel("Europe/Vienna", summer)]).toEqual(["GMT+1:00 Vienna", "GMT+2:00 Vienna"]);
  expect(zoneLabel("UTC", winter)).toBe("GMT+0:00 UTC");
});

test("a zone that the browser does not know keeps its name", () => {
  expect(zoneLabel("Mars/Olympus", winter)).toBe("Mars/Olympus");
});

test("zones stand from west to east", () => {
  expect(zoneChoices(["Asia/Shanghai", "Europe/Vienna", "America/New_York", "Europe/Berlin"], winter).map((c) => c.value)).toEqual([
    "America/New_York", "Europe/Berlin", "Europe/Vienna", "Asia/Shanghai",
  ]);
});
