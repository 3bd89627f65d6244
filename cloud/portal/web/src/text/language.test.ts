import { afterEach, describe, expect, it } from "vitest";
import { de } from "./de";
import { en } from "./en";
import { fitting } from "./language";
import { speak, t, tn, type Key } from "./t";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe("languages", () => {
  afterEach(() => speak(en, "en-GB"));

  it("fill the same places in every text", () => {
    const wrong = (Object.keys(en) as Key[]).filter((k) => places(en[k]).join() !== places(de[k]).join());
    expect(wrong).toEqual([]);
    expect(Object.keys(de).filter((k) => !(k in en))).toEqual([]);
  });

  it("leave no text empty", () => {
    expect(Object.entries(de).filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("count and write numbers their own way", () => {
    speak(de, "de-DE");
    expect(tn("count.apartments", 1)).toBe("1 Wohnung");
    expect(tn("count.apartments", 1234)).toBe("1.234 Wohnungen");
    expect(t("receipt.of", { applied: 1, total: 2 })).toBe("Auf 1 von 2 angewendet");
  });

  it("are picked by the first wish that fits, and English when none does", () => {
    expect(fitting([null, "fr-FR", "de-AT", "en"]).code).toBe("de");
    expect(fitting(["en-US", "de"]).code).toBe("en");
    expect(fitting(["xx", undefined]).code).toBe("en");
  });
});
