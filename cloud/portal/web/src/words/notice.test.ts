import { afterEach, describe, expect, it } from "vitest";
import { de } from "../text/de";
import { en } from "../text/en";
import { speak } from "../text/t";
import { wordsOf } from "./notice";

/** Every kind of notice that the service tells, with the values it tells with it. */
const kinds: Record<string, Record<string, string>[]> = {
  announcement: [{ title: "Rest on Sunday", text: "For an hour." }],
  consent_given: [{ organisation: "Bell Ltd", until: "2026-11-24T14:00:00Z" }],
  entered: [{ actor: "Dora", organisation: "North Ltd", until: "2026-11-24T14:00:00Z" }],
  broke_glass: [{ actor: "Ada", organisation: "Doors Ltd", until: "2026-11-24T14:00:00Z", reason: "The fire brigade waits" }],
  locked: [{ address: "192.0.2.1", wait: "15" }],
  assigned: ["assigned", "changed", "taken"].map((what) => ({ site: "Park Lane 7", site_id: "1", what })),
  webhook_stopped: [{ webhook: "Alarm", webhook_id: "1", why: "in_a_row", failures: "20" }],
  mail_suppressed: [{ address: "ida@example.com" }],
};
const hidden = ["site_id", "webhook_id", "what", "why", "until", "text", "reason"];

describe("words of notices", () => {
  afterEach(() => speak(en, "en-GB"));

  for (const [language, words] of Object.entries({ en, de })) {
    it(`says every kind in ${language}`, () => {
      speak(words, language);
      const said = new Set<string>();
      for (const [kind, all] of Object.entries(kinds)) {
        for (const values of all) {
          const { title, body } = wordsOf({ kind, values });
          expect(title, kind).not.toBe(kind.replaceAll("_", " "));
          expect(title, kind).not.toMatch(/[{}]|T14:/);
          expect(said.has(title), title).toBe(false);
          said.add(title);
          for (const [name, value] of Object.entries(values)) if (!hidden.includes(name)) expect(title, kind).toContain(value);
          if (values["text"]) expect(body).toBe(values["text"]);
          if (values["reason"]) expect(body).toContain(values["reason"]);
        }
      }
    });
  }

  it("shows a kind of a newer service by its name", () => {
    expect(wordsOf({ kind: "door_forced", values: {} }).title).toBe("door forced");
  });
});
