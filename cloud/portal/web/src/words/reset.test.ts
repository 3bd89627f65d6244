import { expect, test } from "vitest";
import { lineWords } from "./reset";

test("lines that count say how many", () => {
  expect(lineWords({ item: "members", count: 1 })).toEqual({ name: "1 family member with its account", value: "" });
  expect(lineWords({ item: "members", count: 3 })).toEqual({ name: "3 family members with their accounts", value: "" });
});

test("lines with a value say it in words", () => {
  expect(lineWords({ item: "landline_service", value: "off" })).toEqual({ name: "Landline service", value: "off" });
  expect(lineWords({ item: "audit", value: "kept" })).toEqual({ name: "Audit", value: "" });
  expect(lineWords({ item: "time_zone", value: "Europe/Berlin" })).toEqual({ name: "Time zone", value: "Europe/Berlin" });
  expect(lineWords({ item: "language", value: "fr" }).value).toBe("Français");
  expect(lineWords({ item: "call_type", value: "4" }).value).toBe("Indoor monitors, with the phone as backup");
  expect(lineWords({ item: "call_type", value: "2" })).toEqual({ name: "Call type", value: "App and indoor monitors, with the phone as backup" });
});

test("what this version does not know is still readable", () => {
  expect(lineWords({ item: "face_data", count: 4 })).toEqual({ name: "face data", value: "4" });
});
