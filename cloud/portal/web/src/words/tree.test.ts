import { beforeEach, describe, expect, it } from "vitest";
import { branch, keepOpen, keptOpen, placeAt, stepTo, typedTo, withOpen } from "./tree";

const stored = new Map<string, string>();
globalThis.localStorage = { getItem: (k: string) => stored.get(k) ?? null, setItem: (k: string, v: string) => void stored.set(k, v) } as unknown as Storage;

describe("tree of a site", () => {
  beforeEach(() => stored.clear());

  it("remembers of each site what was opened and shut", () => {
    keepOpen("s", withOpen({}, ["a", branch.floor("a", "")], true));
    keepOpen("t", withOpen({}, ["b"], false));
    expect(keptOpen("s")).toEqual({ a: true, "a/": true });
    expect(keptOpen("t")).toEqual({ b: false });
  });

  it("begins anew where what it kept is nothing it wrote", () => {
    for (const text of ["", "[1]", "{\"a\":1}", "null", "{"]) {
      stored.set("vestibule-tree:s", text);
      expect(keptOpen("s")).toEqual({});
    }
  });

  it("forgets first what was touched longest ago", () => {
    let open = {};
    for (let i = 0; i < 401; i++) open = withOpen(open, [`b${i}`], true);
    open = withOpen(open, ["b1"], false);
    expect(Object.keys(open)).toHaveLength(400);
    expect(open).not.toHaveProperty("b0");
    expect(Object.keys(open).at(-1)).toBe("b1");
  });

  it("walks by arrows, and stays at its ends", () => {
    expect([stepTo("ArrowDown", 0, 3), stepTo("ArrowDown", 2, 3), stepTo("ArrowUp", 0, 3), stepTo("End", 0, 3), stepTo("Home", 2, 3)]).toEqual([1, 2, 0, 2, 0]);
    expect(stepTo("x", 0, 3)).toBeUndefined();
    expect(stepTo("ArrowDown", 0, 0)).toBeUndefined();
  });

  it("jumps to the next item that begins with a letter, around the end", () => {
    const texts = ["House 1", "Yard", " house 2"];
    expect(typedTo("h", 0, texts)).toBe(2);
    expect(typedTo("H", 2, texts)).toBe(0);
    expect(typedTo("z", 0, texts)).toBeUndefined();
  });

  it("tells from an address which item is shown", () => {
    const at = (rest: string, floor?: unknown) => placeAt(`/sites/s/buildings${rest}`, floor);
    expect([at(""), at("/"), at("/all"), at("/public")].map((p) => p.here)).toEqual(["", "", "site", "public"]);
    expect(at("/b")).toEqual({ here: "b", building: "b" });
    expect(at("/b", 3)).toEqual({ here: "b/3", building: "b" });
    expect(at("/b", "none")).toEqual({ here: "b/", building: "b" });
    expect(at("/apartments/a")).toEqual({ here: "a", apartment: "a" });
  });
});
