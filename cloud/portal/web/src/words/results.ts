import { Problem } from "../api/problem";
import type { OpenResult } from "../api/types";
import { t, word } from "../text/t";
import { resultTone, type StateWord } from "./tone";

/** What an Open press came to: tone, words and how long it took. Only `done` is green. */
export interface OpenWords extends StateWord {
  why: string;
  took: string;
}

/** Words for the answer of the open route; an answer without a result is not known. */
export function openWords(r: Pick<OpenResult, "result" | "reason" | "took_ms">): OpenWords {
  const result = r.result || "unknown";
  return {
    tone: resultTone(result),
    word: word("result", result),
    why: r.reason ? sentence(word("reason", r.reason)) : result === "done" ? "" : word("result_why", result),
    took: r.took_ms > 0 ? duration(r.took_ms) : "",
  };
}

/** Words for an open that the API refused before anything was sent to the building. */
export function openProblemWords(p: Problem): OpenWords {
  if (p.code === "offline") return { tone: "bad", word: t("open.offline"), why: t("open.offline_why"), took: "" };
  if (p.code === "no_network") return { tone: "warn", word: t("result.unknown"), why: t("open.no_network_why"), took: "" };
  return { tone: "bad", word: t("open.not_sent"), why: p.message, took: "" };
}

/** Milliseconds as "84 ms", "1.2 s" or "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1000) return t("time.ms", { n: Math.round(ms) });
  if (ms < 60_000) return t("time.s", { n: (ms / 1000).toFixed(ms < 10_000 ? 1 : 0).replace(/\.0$/, "") });
  const s = Math.round(ms / 1000);
  return t("time.min_s", { m: Math.floor(s / 60), s: s % 60 });
}

/** A phrase as a sentence: a capital first, a full stop last. */
export function sentence(text: string): string {
  if (!text) return "";
  const s = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(s) ? s : `${s}.`;
}
