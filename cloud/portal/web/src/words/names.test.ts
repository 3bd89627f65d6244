import { expect, it } from "vitest";
import { someOf } from "./names";

it("names a few and counts the rest, never a rest of one", () => {
  expect(someOf([])).toBe("");
  expect(someOf(["A", "B", "C"])).toBe("A, B, C");
  expect(someOf(["A", "B", "C", "D"])).toBe("A, B and 2 more");
});
