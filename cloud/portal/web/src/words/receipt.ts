import type { Walk } from "../api/devices";
import type { Receipt } from "../api/types";
import { has, t, tn, word } from "../text/t";
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
  // It may hold everything and still be in the wrong network: nobody can call it there (EDGE-08).
  if (r.reason === "wrong_group") return { tone: "bad", short: t("receipt.wrong_group"), sentence: t("receipt.wrong_group_long"), reached: 0 };
  if (r.state === "manual") return { tone: "off", short: t("receipt.manual"), sentence: t("receipt.manual_long"), reached: 0 };
  if (r.state === "failed") {
    const reason = r.reason ? receiptReason(r.reason) : t("receipt.no_reason");
    return { tone: "bad", short: t("receipt.failed"), sentence: t("receipt.failed_long", { reason }), reached: 2 };
  }
  const step = receiptSteps.indexOf(r.state as ReceiptStep);
  if (step < 0) return { tone: "off", short: word("receipt", r.state), sentence: word("receipt", r.state), reached: 0 };
  if (step > 0 && r.version < r.wanted_version) return behind(r, step);
  if (r.state === "applied") {
    return { tone: "ok", short: t("receipt.applied"), sentence: t("receipt.applied_long", { version: r.version }), reached: 4 };
  }
  const reason = r.reason ? ` ${t("receipt.because", { reason: receiptReason(r.reason) })}` : "";
  return {
    tone: "warn",
    short: word("receipt", r.state),
    sentence: t(`receipt.${r.state as "saved" | "held" | "written"}_long`) + reason,
    reached: step + 1,
  };
}

/** Reasons mean something else for a configuration than for a door. */
export function receiptReason(reason: string): string {
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

export interface WalkWords {
  tone: Tone;
  /** A few words for a line. */
  short: string;
  /** The truth in one or more sentences, the gravest first. */
  sentences: string[];
  /** Nothing can get on until an agent is claimed. */
  claim: boolean;
  /** How many devices passed each of the four steps. */
  passed: [saved: number, held: number, written: number, readBack: number];
}

/** Where an edit stands on the devices that it concerns. `when` words an instant; green only when every device that is written to was read back equal. */
export function walkWords(w: Walk, when: (at: string) => string): WalkWords {
  const n = w.counts;
  const written = n.total - n.manual;
  const open = written - n.read_back;
  const passed: WalkWords["passed"] = [written, written - n.saved, n.written + n.read_back, n.read_back];
  if (n.total === 0) return { tone: "off", short: t("walk.none"), sentences: [t("walk.none_long")], claim: false, passed };
  if (written === 0) return { tone: "off", short: t("receipt.manual"), sentences: [t("walk.manual")], claim: false, passed };
  const sentences = open === 0 ? [tn("walk.done", n.read_back)] : [...why(w, when), ...left(w, open)];
  if (n.withheld > 0) sentences.push(tn("walk.withheld", n.withheld));
  const tone = n.failed > 0 ? "bad" : open > 0 || n.withheld > 0 ? "warn" : "ok";
  return { tone, short: written === 1 ? lone(w) : receiptsSummary(n.read_back, written).text, sentences, claim: w.unheld > 0, passed };
}

/** Of one device there is nothing to count: it stands in one place. */
function lone({ counts: n }: Walk): string {
  if (n.failed) return t("receipt.failed");
  if (n.read_back) return t("receipt.applied");
  if (n.written) return t("receipt.written");
  return t(n.held ? "receipt.held" : "receipt.saved");
}

/** What stands in the way: no agent, one that is away, devices that said no. */
function why(w: Walk, when: (at: string) => string): string[] {
  const out: string[] = [];
  if (w.counts.failed > 0) out.push(tn("walk.failed", w.counts.failed));
  if (w.agents.length === 0 && w.unheld > 0) out.push(t("walk.no_agent"));
  else if (w.unheld > 0) out.push(tn("walk.unheld", w.unheld));
  for (const a of w.agents.filter((x) => !x.connected)) {
    out.push(a.state === "never" ? t("walk.agent_never", { name: a.name }) : t("walk.agent_away", { name: a.name, time: when(a.since) }));
  }
  return out;
}

/** How many devices are open still, and how many of all do not answer. */
function left(w: Walk, open: number): string[] {
  const connected = w.agents.some((a) => a.connected);
  const out = connected ? [tn("walk.open", open)] : [];
  if (connected && w.counts.offline > 0) out.push(tn("walk.offline", w.counts.offline));
  return out;
}
