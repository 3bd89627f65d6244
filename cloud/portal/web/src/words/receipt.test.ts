import { describe, expect, it } from "vitest";
import type { Receipt } from "../api/types";
import { receiptsSummary, receiptWords } from "./receipt";

const receipt = (r: Partial<Receipt>): Receipt => ({ state: "saved", version: 7, wanted_version: 7, reason: "", ...r });

describe("receipt", () => {
  it("is green only when the wanted version was read back equal", () => {
    for (const state of ["saved", "held", "written", "failed", "manual"] as const) {
      expect(receiptWords(receipt({ state })).tone, state).not.toBe("ok");
    }
    expect(receiptWords(receipt({ state: "applied" }))).toMatchObject({ tone: "ok", short: "Applied", reached: 4 });
  });

  it("says saved while an older version stands on the device", () => {
    const words = receiptWords(receipt({ state: "applied", version: 6 }));
    expect(words).toMatchObject({ tone: "warn", short: "Saved", reached: 1 });
    expect(words.sentence).toContain("Version 6 was read back equal.");
  });

  it("fills the line as far as it is true", () => {
    expect(receiptWords(receipt({ state: "saved" })).reached).toBe(1);
    expect(receiptWords(receipt({ state: "held" })).reached).toBe(2);
    expect(receiptWords(receipt({ state: "written" })).reached).toBe(3);
  });

  it("gives the reason in words", () => {
    expect(receiptWords(receipt({ state: "failed", reason: "device_error" })).sentence).toContain("the device said no");
    expect(receiptWords(receipt({ state: "held", reason: "unreachable" })).sentence).toContain("does not answer");
    expect(receiptWords(receipt({ state: "failed" })).sentence).toContain("it gave no reason");
  });

  it("shows a state it does not know by its own name, without a colour", () => {
    expect(receiptWords(receipt({ state: "half_way" as never }))).toMatchObject({ tone: "off", short: "half way", reached: 0 });
  });

  it("sums up as applied on n of n", () => {
    expect(receiptsSummary(3, 4)).toEqual({ tone: "warn", text: "Applied on 3 of 4" });
    expect(receiptsSummary(4, 4)).toEqual({ tone: "ok", text: "Applied on 4 of 4" });
    expect(receiptsSummary(0, 0).tone).toBe("off");
  });
});
