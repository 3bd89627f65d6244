import { t, word } from "../text/t";
import { sentence } from "./results";
import { resultTone, type StateWord } from "./tone";

export type Order = "reboot" | "reset";

interface Given {
  kind: string;
  accepted: boolean;
  result?: string;
  reason?: string;
}

/** Where an order to a device stands, and why when it did not come to its end. Sent is not done. */
export function careWords(given: Given): StateWord & { why?: string } {
  if (!given.result) return { tone: "warn", word: t(given.accepted ? "care.accepted" : "care.sent") };
  if (given.result === "done") return { tone: "ok", word: t(given.kind === "reset" ? "care.reset_done" : "care.reboot_done") };
  return { tone: resultTone(given.result), word: word("result", given.result), ...(given.reason && { why: sentence(word("reason", given.reason)) }) };
}

/** Why a device takes no order now; undefined when it does. */
export function careBar(device: { driver: string; status: { online: boolean } }): string | undefined {
  if (device.driver !== "akuvox" && device.driver !== "2n") return t("care.manual");
  return device.status.online ? undefined : t("care.offline");
}

/** What is left of a session, as minutes and seconds. */
export function leftOf(end: Date, now: Date): string {
  const s = Math.max(0, Math.ceil((end.getTime() - now.getTime()) / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** How much a session has moved. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
