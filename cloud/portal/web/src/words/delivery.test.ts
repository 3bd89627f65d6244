import { describe, expect, it } from "vitest";
import { answerOf, deliveryState, webhookState } from "./delivery";

describe("webhooks in words", () => {
  it("tells a first wait from a wait for another try", () => {
    expect(deliveryState({ state: "waiting", attempts: 0 }).word).toBe("Waiting");
    expect(deliveryState({ state: "waiting", attempts: 2 }).word).toBe("Waits for another try");
    expect(deliveryState({ state: "failed", attempts: 12 }).tone).toBe("bad");
  });

  it("says what came of the last try", () => {
    expect(answerOf({ status: 0, fault: "", attempts: 0 })).toBe("");
    expect(answerOf({ status: 200, fault: "", attempts: 1 })).toBe("HTTP 200");
    expect(answerOf({ status: 302, fault: "redirect", attempts: 1 })).toContain("HTTP 302 · ");
    expect(answerOf({ status: 0, fault: "timeout", attempts: 1 })).toBe("No answer in time");
  });

  it("puts what the service did before what the person did", () => {
    expect(webhookState({ enabled: false, stopped: "failures" }).tone).toBe("bad");
    expect(webhookState({ enabled: false, stopped: "" }).tone).toBe("off");
    expect(webhookState({ enabled: true, stopped: "", failing_at: "2026-01-01T00:00:00Z" }).tone).toBe("warn");
    expect(webhookState({ enabled: true, stopped: "" }).tone).toBe("ok");
  });
});
