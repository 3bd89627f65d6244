import { describe, expect, it } from "vitest";
import { holds, paging } from "./paging";

describe("paging", () => {
  it("cuts a list into pages", () => {
    expect(paging(23, 10, 0)).toEqual({ page: 0, pages: 3, from: 0, to: 10 });
    expect(paging(23, 10, 2)).toEqual({ page: 2, pages: 3, from: 20, to: 23 });
    expect(paging(0, 10, 0)).toEqual({ page: 0, pages: 1, from: 0, to: 0 });
    expect(paging(20, 10, 1).pages).toBe(2);
  });

  it("shows the nearest page when another is asked for", () => {
    expect(paging(23, 10, 99).page).toBe(2);
    expect(paging(23, 10, -4).page).toBe(0);
    expect(paging(23, 10, Number.NaN).page).toBe(0);
    expect(paging(23, 10, 1.9).page).toBe(1);
  });

  it("finds words in any order and without their marks", () => {
    expect(holds("Müller Élise", "elise mull")).toBe(true);
    expect(holds("Müller Élise", "elise smith")).toBe(false);
    expect(holds("anything", "  ")).toBe(true);
  });
});
