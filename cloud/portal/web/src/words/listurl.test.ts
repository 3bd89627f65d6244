import { describe, expect, it } from "vitest";
import { listQuery, narrowed, readLook, relook, samePlace, writeLook, type Look, type Looks } from "./listurl";

const looks: Looks = { sort: { key: "number", down: false }, sorts: ["number", "floor"], filters: ["building", "state"] };
const start: Look = { q: "", sort: looks.sort, page: 0, filters: {} };

describe("the address of a list", () => {
  it("says nothing of a list that is as it begins", () => {
    expect(readLook({}, looks)).toEqual(start);
    expect(Object.values(writeLook(start, looks)).every((v) => v === undefined)).toBe(true);
  });

  it("brings back what it was given", () => {
    const look: Look = { q: "101", sort: { key: "floor", down: true }, page: 6, filters: { building: "b1" } };
    const search = writeLook(look, looks);
    expect(search).toEqual({ q: "101", sort: "-floor", page: 7, building: "b1", state: undefined });
    expect(readLook(search, looks)).toEqual(look);
    const down: Look = { ...start, sort: { key: "number", down: true } };
    expect(readLook(writeLook(down, looks), looks)).toEqual(down);
  });

  it("reads numbers that routers make of digits as words", () => {
    expect(readLook({ q: 101, building: 7 }, looks)).toMatchObject({ q: "101", filters: { building: "7" } });
  });

  it("passes over what the list cannot be asked", () => {
    for (const page of ["0", "-3", "1.5", "x", "", null, {}]) expect(readLook({ page }, looks).page).toBe(0);
    expect(readLook({ page: 1e9 }, looks).page).toBe(99_999);
    expect(readLook({ sort: "password" }, looks).sort).toEqual(looks.sort);
    expect(readLook({ q: ["a"], building: {}, other: "x" }, looks)).toEqual(start);
  });

  it("begins at the first page when something else is looked for", () => {
    const far = { ...start, page: 9 };
    expect(relook(far, { q: "a" }).page).toBe(0);
    expect(relook(far, { sort: { key: "floor", down: false } }).page).toBe(0);
    expect(relook(far, { page: 4 }).page).toBe(4);
  });

  it("tells nothing found from nothing there", () => {
    expect(narrowed({ ...start, page: 3 })).toBe(false);
    expect(narrowed({ ...start, q: "  " })).toBe(false);
    expect(narrowed({ ...start, q: "a" })).toBe(true);
    expect(narrowed({ ...start, filters: { state: "on" } })).toBe(true);
  });

  it("asks the API for one page", () => {
    expect(listQuery({ ...start, page: 6, sort: { key: "floor", down: true } }, 25)).toEqual({ sort: "floor", order: "desc", page: 7, limit: 25 });
    expect(listQuery({ ...start, q: " miller " }, 10)).toEqual({ q: "miller", sort: "number", order: "asc", page: 1, limit: 10 });
  });

  it("stays at the same rows with other lines per page", () => {
    expect(samePlace(7, 10, 25)).toBe(2);
    expect(samePlace(2, 25, 10)).toBe(5);
    expect(samePlace(0, 10, 100)).toBe(0);
  });
});
