import { describe, expect, it } from "vitest";
import { blocksOf, ownAddress, tokenOf } from "./policy";

describe("the privacy policy", () => {
  it("is headings, paragraphs and lists", () => {
    expect(blocksOf("# Who\n\nWe are\nhere.\n- one\n- two\n\nEnd <b>")).toEqual([
      { kind: "heading", text: "Who" },
      { kind: "text", text: "We are here." },
      { kind: "list", items: ["one", "two"] },
      { kind: "text", text: "End <b>" },
    ]);
    expect(blocksOf("  \n")).toEqual([]);
  });
});

describe("addresses and tokens", () => {
  it("follows only addresses of this portal", () => {
    expect(["/sites", "//evil.example", "/\\evil.example", "https://evil.example", "", undefined].map(ownAddress)).toEqual([
      "/sites", undefined, undefined, undefined, undefined, undefined,
    ]);
  });
  it("takes the token out of the fragment", () => {
    expect([tokenOf("#token=a-b_1"), tokenOf(""), tokenOf("#x=1")]).toEqual(["a-b_1", "", ""]);
  });
});
