import { expect, test } from "vitest";
import type { Device } from "../api/types";
import { byApartment, stateOf } from "./drawing";

const silent = (apartment: string, since?: string) => ({ apartment_id: apartment, status: { online: false, since } }) as Device;

test("an apartment is told by how many of its devices do not answer", () => {
  expect(stateOf(0, [])).toBe("none");
  expect(stateOf(2, [])).toBe("all");
  expect(stateOf(2, [silent("a", "2026-01-01T00:00:00Z")])).toBe("some");
  expect(stateOf(1, [silent("a", "2026-01-01T00:00:00Z")])).toBe("off");
});

test("devices that were never seen are not gone", () => {
  expect(stateOf(1, [silent("a")])).toBe("unseen");
});

test("silent devices are found by their apartment, those at doors by none", () => {
  const found = byApartment([silent("a"), silent("b"), silent("a"), silent("")]);
  expect([found.get("a")?.length, found.get("b")?.length, found.size]).toEqual([2, 1, 2]);
});
