import { describe, expect, it } from "vitest";
import { asProblem, fieldPath, forForm, inWords, toProblem } from "./problem";

describe("problem documents", () => {
  it("names fields the way forms do", () => {
    expect(["name", "relays[0].dtmf", "body.relays[12].name", "/relays/1/dtmf", "body.mac"].map(fieldPath)).toEqual([
      "name", "relays.0.dtmf", "relays.12.name", "relays.1.dtmf", "mac",
    ]);
  });

  it("keeps the words of the API at their fields", () => {
    const p = toProblem(422, {
      code: "invalid", detail: "Some fields need another value.", request_id: "r1",
      errors: [{ path: "mac", message: "A MAC has 12 hexadecimal digits." }, { path: "mac", message: "second" }, { path: "relays[0].dtmf", message: "One of 0-9, * or #." }],
    });
    expect(p.fields).toEqual({ mac: "A MAC has 12 hexadecimal digits.", "relays.0.dtmf": "One of 0-9, * or #." });
    expect([p.code, p.status, p.requestID]).toEqual(["invalid", 422, "r1"]);
  });

  it("shows faults of fields that a form does not have as a sentence", () => {
    const p = toProblem(422, { code: "invalid", errors: [{ path: "group_id", message: "The network group of the device." }] });
    expect(forForm(p, (path) => path === "name")).toEqual({ fields: {}, rest: "group id: The network group of the device." });
    const named = toProblem(422, { code: "invalid", detail: "x", errors: [{ path: "name", message: "A name is needed." }] });
    expect(forForm(named, () => true)).toEqual({ fields: { name: "A name is needed." }, rest: "" });
  });

  it("names the field where there is no form", () => {
    const p = toProblem(422, { code: "invalid", detail: "Some fields need another value.", errors: [{ path: "query.q", message: "At most 200 characters." }, { path: "query.from_day", message: "A day." }] });
    expect(inWords(p)).toBe("Search: At most 200 characters. from day: A day.");
    expect(inWords(toProblem(403, { code: "forbidden", detail: "Not yours." }))).toBe("Not yours.");
  });

  it("has honest words for answers that are no problem document", () => {
    expect(toProblem(502, undefined).code).toBe("unavailable");
    expect(toProblem(401, "<html>").message).toBe("Please sign in.");
    expect(toProblem(500, null).message).toContain("operator's log");
    expect(asProblem(new TypeError("Failed to fetch")).code).toBe("no_network");
    expect(asProblem("odd").code).toBe("internal");
  });
});
