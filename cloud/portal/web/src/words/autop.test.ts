import { expect, test } from "vitest";
import { autopShown, autopTone, chooseMore, mostAutoP } from "./autop";

const devices = [
  { type: 0, mac: "0C11050B9814" },
  { type: 2, mac: "0C11050B9815" },
  { type: 2, mac: "A41003FFFFFF" },
] as const;

// AUTOP-04
test("devices are found by type and by a piece of their MAC", () => {
  expect(autopShown(devices, "", "")).toHaveLength(3);
  expect(autopShown(devices, "2", "").map((d) => d.mac)).toEqual(["0C11050B9815", "A41003FFFFFF"]);
  expect(autopShown(devices, "2", "0c:11-05").map((d) => d.mac)).toEqual(["0C11050B9815"]);
  expect(autopShown(devices, "1", "")).toEqual([]);
});

test("no more are chosen than one submission takes", () => {
  const ids = Array.from({ length: 700 }, (_, i) => String(i));
  const chosen = chooseMore(new Set(["699"]), ids);
  expect(chosen.size).toBe(mostAutoP);
  expect(chosen.has("699")).toBe(true);
});

test("only what was read back is green", () => {
  expect(["told", "applied", "refused", "lapsed"].map(autopTone)).toEqual(["warn", "ok", "bad", "off"]);
});
