import type { Receipt } from "../api/types";
import { has, t, word } from "../text/t";
import type { Tone } from "./tone";

/** The four places an edit passes on its way to a device, in order. */
export const receiptSteps = ["saved", "held", "written", "applied"] as const;
export type ReceiptStep = (typeof receiptSteps)[number];

export interface ReceiptWords {
  tone: Tone;
  /** One or two words for a table cell. */
  short: string;
  /** The whole truth in a sentence. */
  sentence: string;
  /** How many of the four steps hold for the newest version; 0 when there is no line to draw. */
  reached: number;
}

/** Where the newest edit stands on a device. Green only when the read-back of the wanted version was equal. */
export function receiptWords(r: Receipt): ReceiptWords {
  if (r.state === "manual") return { tone: "off", short: t("receipt.manual"), sentence: t("receipt.manual_long"), reached: 0 };
  if (r.state === "failed") {
    const reason = r.reason ? why(r.reason) : t("receipt.no_reason");
    return { tone: "bad", short: t("receipt.failed"), sentence: t("receipt.failed_long", { reason }), reached: 2 };
  }
  const step = receiptSteps.indexOf(r.state as ReceiptStep);
  if (step < 0) return { tone: "off", short: word("receipt", r.state), sentence: word("receipt", r.state), reached: 0 };
  if (step > 0 && r.version < r.wanted_version) return behind(r, step);
  if (r.state === "applied") {
    return { tone: "ok", short: t("receipt.applied"), sentence: t("receipt.applied_long", { version: r.version }), reached: 4 };
  }
  const reason = r.reason ? ` ${t("receipt.because", { reason: why(r.reason) })}` : "";
  return {
    tone: "warn",
    short: word("receipt", r.state),
    sentence: t(`receipt.${r.state as "saved" | "held" | "written"}_long`) + reason,
    reached: step + 1,
  };
}

/** Reasons mean something else for a configuration than for a door. */
function why(reason: string): string {
  return word(has(`receipt_reason.${reason}`) ? "receipt_reason" : "reason", reason);
}

/** An older version got further, the wanted one is only saved: the newest edit decides the colour. */
function behind(r: Receipt, step: number): ReceiptWords {
  const older = t(`receipt.older_${receiptSteps[step] as "held" | "written" | "applied"}`, { version: r.version });
  return {
    tone: "warn",
    short: t("receipt.saved"),
    sentence: `${t("receipt.saved_long")} ${older}`,
    reached: 1,
  };
}

/** "Applied on 3 of 4", with the tone that goes with it. */
export function receiptsSummary(applied: number, total: number): { tone: Tone; text: string } {
  if (total === 0) return { tone: "off", text: t("receipt.none") };
  return { tone: applied >= total ? "ok" : "warn", text: t("receipt.of", { applied, total }) };
}
