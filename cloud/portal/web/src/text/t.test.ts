import { describe, expect, it } from "vitest";
import { en } from "./en";
import { t, tn, word } from "./t";

describe("text", () => {
  it("fills in and counts", () => {
    expect(t("receipt.of", { applied: 1234, total: 2000 })).toBe("Applied on 1,234 of 2,000");
    expect(tn("count.devices", 1)).toBe("1 device");
    expect(tn("count.devices", 0)).toBe("0 devices");
  });

  it("shows a word it does not know by itself", () => {
    expect(word("reason", "moon_phase")).toBe("moon phase");
  });

  it("keeps every key in one place", () => {
    const parts = Object.values(import.meta.glob<Record<string, Record<string, string>>>("./en/*.ts", { eager: true }));
    const all = parts.flatMap((m) => Object.values(m)).flatMap((part) => Object.keys(part));
    expect(all.filter((k, i) => all.indexOf(k) !== i)).toEqual([]);
    expect(all.length).toBe(Object.keys(en).length);
  });

  it("has both forms of everything that counts", () => {
    const keys = Object.keys(en);
    for (const k of keys.filter((x) => x.endsWith("_one"))) expect(keys).toContain(k.replace(/_one$/, "_other"));
  });
});
