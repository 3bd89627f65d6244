import { describe, expect, it } from "vitest";
import { colons, eventWords, logFilters, underFilter } from "./events";

describe("event sentences", () => {
  it("says who opened which door by what means", () => {
    const body = { result: "done", means: "dtmf", relay: 1, relay_name: "Front door", device_name: "Main entrance", by_device_name: "Kitchen 101", apartment_number: "101", took_ms: 84 };
    expect(eventWords({ kind: "door_log", body })).toEqual({
      tone: "ok", kind: "Door", text: "Kitchen 101 opened Front door at Main entrance by a digit in a call", detail: "apartment 101 · 84 ms",
    });
  });

  it("never shows an unsure opening as opened", () => {
    const body = { result: "unknown", reason: "timeout", means: "remote", relay: 2, device_name: "Courtyard", by: "Mara" };
    const words = eventWords({ kind: "door_log", body });
    expect(words).toMatchObject({ tone: "warn", text: "Mara asked for relay 2 at Courtyard: not known" });
    expect(words.detail).toBe("No answer after the write; it may have moved.");
  });

  it("says how far a device's own word goes", () => {
    const opened = { result: "done", means: "code", relay: 0, device_name: "Courtyard", by: "user 7", trust: "device_says" };
    expect(eventWords({ kind: "door_log", body: opened })).toMatchObject({ tone: "ok", text: "user 7 opened a door at Courtyard by a code", detail: "the device says so" });
    const refused = { result: "refused", reason: "unknown_key", means: "card", relay: 0, device_name: "Courtyard", by: "card 0a1b2c3d", trust: "syslog" };
    expect(eventWords({ kind: "door_log", body: refused })).toMatchObject({ tone: "bad", text: "Courtyard refused a card", detail: "card 0a1b2c3d · from its syslog, not proven" });
    expect(eventWords({ kind: "alarm", body: { alarm: "tamper", device_name: "Courtyard", trust: "device_says" } })).toMatchObject({
      tone: "bad", kind: "Alarm", text: "Somebody takes it off the wall, at Courtyard", detail: "the device says so",
    });
    expect(eventWords({ kind: "relay_state", body: { contact: "input", number: 2, on: true, device_name: "Courtyard" } }).text).toBe("Input 2 of Courtyard was triggered");
  });

  it("tells how a call ended", () => {
    const body = { end: "no_answer", device_name: "Main entrance", dialled: "202", lasts_ms: 60_000, wan: false };
    expect(eventWords({ kind: "call", body })).toMatchObject({ tone: "warn", text: "Main entrance rang 202; nobody answered", detail: "1 min 0 s · internet down" });
  });

  it("keeps a kind or a word it does not know readable", () => {
    expect(eventWords({ kind: "lift_ride", body: {} })).toMatchObject({ tone: "off", text: "lift ride" });
    expect(eventWords({ kind: "security", body: { what: "odd_packet", device_name: "Courtyard" } }).text).toBe("Odd packet, at Courtyard");
  });

  it("survives bodies without anything", () => {
    const kinds = ["door_log", "call", "command", "security", "device_status", "discovery", "config", "conflict", "agent", "condition", "gap", "relay", "board_state", "alarm", "relay_state"];
    for (const kind of kinds) expect(eventWords({ kind, body: {} }).text, kind).not.toContain("undefined");
  });

  it("puts every kind under its chip", () => {
    expect(underFilter("doors", "door_log")).toBe(true);
    expect(underFilter("calls", "door_log")).toBe(false);
    for (const kinds of Object.values(logFilters)) for (const kind of kinds) expect(underFilter("all", kind)).toBe(true);
  });

  it("writes a MAC as people read it", () => {
    expect(colons("0c11050b9814")).toBe("0C:11:05:0B:98:14");
    expect(colons("not a mac")).toBe("not a mac");
  });
});
