import { describe, expect, it } from "vitest";
import { minutesLeft, until } from "./leave";

describe("leave", () => {
  it("counts whole minutes and never below zero", () => {
    const now = new Date("2026-11-24T10:00:00");
    expect(minutesLeft(new Date("2026-11-24T10:54:01"), now)).toBe(55);
    expect(minutesLeft(new Date("2026-11-24T09:00:00"), now)).toBe(0);
  });

  it("says the day only when it is another one", () => {
    const now = new Date("2026-11-24T10:00:00");
    expect(until(new Date("2026-11-24T14:05:00"), now, "en-GB")).toBe("14:05");
    expect(until(new Date("2026-11-25T14:05:00"), now, "en-GB")).toContain("25 Nov");
  });
});
