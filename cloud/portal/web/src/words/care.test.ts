import { expect, test } from "vitest";
import { careBar, careWords, leftOf, sizeOf } from "./care";

// shows REM-02 REM-03 by cloud/portal/web/src/words/care.ts: "if (!given.result) return { tone: \"warn\", word: t(given.accepted ? \"care.accepted\" : \"care.sent\") };"
test("an order that was sent or taken is never called done", () => {
  const order = { kind: "reboot", accepted: false, result: "" };
  expect(careWords(order)).toEqual({ tone: "warn", word: "Sent" });
  expect(careWords({ ...order, accepted: true })).toEqual({ tone: "warn", word: "Taken; waiting for it to come back" });
  expect(careWords({ ...order, result: "done" })).toEqual({ tone: "ok", word: "Restarted" });
  expect(careWords({ ...order, kind: "reset", result: "done" }).word).toBe("Reset; the configuration follows");
  expect(careWords({ ...order, result: "unknown", reason: "not_back" }).why).toBe("It took the order to restart and has not come back.");
});

test("a device that takes no order says why", () => {
  expect(careBar({ driver: "akuvox", status: { online: true } })).toBeUndefined();
  expect(careBar({ driver: "akuvox", status: { online: false } })).toContain("offline");
  expect(careBar({ driver: "2n", status: { online: true } })).toBeUndefined();
  for (const driver of ["manual", "onvif", "sip"]) expect(careBar({ driver, status: { online: true } })).toContain("by hand");
});

test("what is left of a session counts down to nothing", () => {
  const now = new Date("2026-11-29T04:00:00Z");
  expect(leftOf(new Date("2026-11-29T04:15:00Z"), now)).toBe("15:00");
  expect(leftOf(new Date("2026-11-29T04:00:09Z"), now)).toBe("0:09");
  expect(leftOf(new Date("2026-11-29T03:59:00Z"), now)).toBe("0:00");
  expect([sizeOf(12), sizeOf(4200), sizeOf(3_400_000)]).toEqual(["12 B", "4 kB", "3.4 MB"]);
});
