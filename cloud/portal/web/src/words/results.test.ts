import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { duration, openProblemWords, openWords } from "./results";

describe("result of Open", () => {
  it("is green for done alone", () => {
    for (const result of ["refused", "failed", "expired", "unknown", "sent"]) {
      expect(openWords({ result, reason: "", took_ms: 0 }).tone, result).not.toBe("ok");
    }
    expect(openWords({ result: "done", reason: "", took_ms: 84 })).toEqual({ tone: "ok", word: "Done", why: "", took: "84 ms" });
  });

  it("does not know what the answer does not tell", () => {
    expect(openWords({ took_ms: 0 })).toMatchObject({ tone: "warn", word: "Not known" });
  });

  it("gives the reason in words", () => {
    expect(openWords({ result: "unknown", reason: "timeout", took_ms: 2000 }).why).toBe("No answer after the write; it may have moved.");
    expect(openWords({ result: "expired", reason: "", took_ms: 0 }).why).toContain("the door stayed shut");
  });

  it("tells offline from a lost answer", () => {
    expect(openProblemWords(new Problem(409, "offline", "x"))).toMatchObject({ tone: "bad", word: "Not sent: the building is offline" });
    expect(openProblemWords(new Problem(0, "no_network", "x"))).toMatchObject({ tone: "warn", word: "Not known" });
    expect(openProblemWords(new Problem(403, "forbidden", "Not yours."))).toMatchObject({ word: "Not sent", why: "Not yours." });
  });

  it("writes durations short", () => {
    expect([0, 84, 3000, 1234, 21_400, 65_000].map(duration)).toEqual(["0 ms", "84 ms", "3 s", "1.2 s", "21 s", "1 min 5 s"]);
  });
});
