import type { Delivery, DeliveryState, Webhook } from "../api/webhooks";
import { t, word } from "../text/t";
import type { StateWord, Tone } from "./tone";

/** The states of a delivery, in the order of the filter. */
export const deliveryStates: DeliveryState[] = ["waiting", "delivered", "failed", "dropped"];

const tones: Record<DeliveryState, Tone> = { waiting: "warn", delivered: "ok", failed: "bad", dropped: "off" };

/** How far a delivery got. One that waits after a failed try says so. */
export function deliveryState(d: Pick<Delivery, "state" | "attempts">): StateWord {
  if (d.state === "waiting" && d.attempts > 0) return { tone: "warn", word: t("hooks.state_again") };
  return { tone: tones[d.state], word: t(`hooks.state_${d.state}`) };
}

/** What came of the last try: a status, or why there was none. */
export function answerOf(d: Pick<Delivery, "status" | "fault" | "attempts">): string {
  if (d.attempts === 0) return "";
  if (d.status > 0) return `HTTP ${d.status}${d.fault === "redirect" ? ` · ${t("hooks.fault_redirect")}` : ""}`;
  return word("hooks", `fault_${d.fault}`);
}

/** How a webhook fares: off by hand, stopped by the service, failing, or well. */
export function webhookState(w: Pick<Webhook, "enabled" | "stopped" | "failing_at">): StateWord {
  if (w.stopped) return { tone: "bad", word: t("hooks.stopped") };
  if (!w.enabled) return { tone: "off", word: t("hooks.off") };
  return w.failing_at ? { tone: "warn", word: t("hooks.failing") } : { tone: "ok", word: t("hooks.on") };
}
