import { describe, expect, it } from "vitest";
import type { Walk } from "../api/devices";
import type { Receipt } from "../api/types";
import { has } from "../text/t";
import { receiptsSummary, receiptWords, walkWords } from "./receipt";

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

  it("warns of a device that does not answer in its network group, whatever it holds", () => {
    for (const state of ["applied", "held", "manual"] as const) {
      expect(receiptWords(receipt({ state, reason: "wrong_group" })), state).toMatchObject({ tone: "bad", short: "Wrong network?" });
    }
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

const counts = { total: 0, saved: 0, held: 0, written: 0, read_back: 0, failed: 0, manual: 0, withheld: 0, offline: 0 };
const agent = { id: "a", name: "Cellar box", state: "online" as const, connected: true, since: "2026-11-28T13:02:00Z", held_version: 7, devices: 1 };
type Told = Partial<Omit<Walk, "counts">> & { counts?: Partial<typeof counts> };
const walk = (w: Told): Walk => ({ version: 7, agents: [agent], unheld: 0, items: [], more: 0, ...w, counts: { ...counts, ...w.counts } });
const say = (w: Told) => walkWords(walk(w), () => "14:02");

describe("walk of an edit", () => {
  it("is green only when every device was read back equal", () => {
    expect(say({ counts: { total: 3, read_back: 3 } })).toMatchObject({ tone: "ok", passed: [3, 3, 3, 3], claim: false });
    expect(say({ counts: { total: 3, read_back: 2, written: 1 } })).toMatchObject({ tone: "warn", short: "Applied on 2 of 3", passed: [3, 3, 3, 2] });
    expect(say({ counts: { total: 3, read_back: 3, withheld: 1 } }).tone).toBe("warn");
  });

  it("stays at saved and says so while the agent is away", () => {
    const words = say({ counts: { total: 2, saved: 2, offline: 2 }, agents: [{ ...agent, state: "offline", connected: false }] });
    expect(words).toMatchObject({ tone: "warn", passed: [2, 0, 0, 0] });
    expect(words.sentences).toEqual(["Saved. The building's agent Cellar box is offline since 14:02; it will take this when it returns."]);
    expect(say({ counts: { total: 2, saved: 2 }, agents: [{ ...agent, state: "never", connected: false }] }).sentences[0]).toContain("has never connected");
  });

  it("says that nobody acts, and asks for an agent", () => {
    const words = say({ counts: { total: 2, saved: 2 }, agents: [], unheld: 2 });
    expect(words.claim).toBe(true);
    expect(words.sentences).toEqual(["Saved. No agent acts for these devices: nothing gets to them until one is claimed."]);
    expect(say({ counts: { total: 3, saved: 1, read_back: 2 }, unheld: 1 }).sentences[0]).toBe("No agent acts for 1 device: nothing gets to it.");
  });

  it("says first what failed", () => {
    const words = say({ counts: { total: 4, failed: 1, held: 1, read_back: 2, offline: 1 } });
    expect(words).toMatchObject({ tone: "bad", passed: [4, 4, 2, 2] });
    expect(words.sentences[0]).toContain("1 device does not hold what was written");
    expect(words.sentences).toContain("2 devices do not have it yet.");
  });

  it("has nothing to wait for without devices, or with such as are set up by hand", () => {
    expect(say({}).sentences).toEqual(["Saved. No device has to learn of it."]);
    expect(say({ counts: { total: 1, manual: 1 } }).sentences[0]).toContain("set up by hand");
  });

  it("names the one place where one device stands", () => {
    expect(say({ counts: { total: 1, written: 1 } }).short).toBe("Written");
    expect(say({ counts: { total: 1, failed: 1 } }).short).toBe("Failed");
  });
});

describe("what a device is not given", () => {
  it("has a word for everything that agents name", () => {
    const named = [
      "keys", "long_codes", "same_codes", "board_keys", "card_keys", "timed_keys", "sip_tls", "sip_connection", "callbacks", "clock", "unwatched", "contact_list", "relay_settings",
    ];
    expect(named.filter((feature) => !has(`dev.feature_${feature}`))).toEqual([]);
  });
});
