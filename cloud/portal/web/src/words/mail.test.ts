import { describe, expect, it } from "vitest";
import { beginning, countStates, mailKind, mailLanguage, mailState, mailStates, mailWhy } from "./mail";

describe("mails in words", () => {
  it("has a word of its own for every state", () => {
    const words = mailStates.map((s) => mailState(s).word);
    expect(new Set(words).size).toBe(mailStates.length);
    for (const w of words) expect(w).toMatch(/^[A-Z]/);
    expect(mailState("sent").tone).toBe("ok");
    expect(mailState("suppressed").tone).toBe("bad");
  });

  it("says what the mail server said, else what the state means", () => {
    expect(mailWhy({ state: "failed", error: "550 no such user" })).toBe("550 no such user");
    const long = `sending SMTP RCPT TO command: 550 "5.1.1 No such user", affected recipient(s): <a@b.example>, affected message ID: <1-2@b.example>`;
    expect(mailWhy({ state: "failed", error: long })).toBe(`sending SMTP RCPT TO command: 550 "5.1.1 No such user"`);
    expect(mailWhy({ state: "queued", error: "421 try later" })).toBe("421 try later");
    expect(mailWhy({ state: "expired", error: "" })).toContain("link");
    expect(mailWhy({ state: "sent", error: "421 try later" })).toBe(""); // an older try
    expect(mailWhy({ state: "queued", error: "" })).toBe("");
  });

  it("names letters and languages, and shows what it does not know as it is", () => {
    expect(mailKind("confirm_email")).toBe("Confirm the address");
    expect(mailKind("some_new_letter")).toBe("some new letter");
    expect(mailLanguage("zh-Hans")).toBe("Chinese");
    expect(mailLanguage("xx")).toBe("xx");
  });

  it("counts the states there are, and keeps the one that is asked for", () => {
    const mails = [{ state: "sent" }, { state: "failed" }, { state: "sent" }] as const;
    expect(countStates([...mails])).toEqual([{ state: "sent", n: 2 }, { state: "failed", n: 1 }]);
    expect(countStates([...mails], "limited").at(-1)).toEqual({ state: "limited", n: 0 });
  });

  it("cuts long errors at a word", () => {
    expect(beginning("550 no")).toBe("550 no");
    const long = `550 ${"mailbox full ".repeat(30)}`;
    expect(beginning(long).length).toBeLessThan(145);
    expect(beginning(long)).toMatch(/(mailbox|full) …$/);
    expect(beginning("x".repeat(400))).toMatch(/^x{70} …$/);
  });
});
