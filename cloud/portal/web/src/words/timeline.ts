import { t, word, has } from "../text/t";
import { callTone, text } from "./events";
import type { Tone } from "./tone";

export interface Mark {
  atMs: number;
  what: string;
  why: string;
  /** Place on the lane, 0 to 100. */
  left: number;
  tone: Tone;
  label: string;
}
export interface Bar {
  kind: "ringing" | "talking";
  left: number;
  width: number;
}
export interface Lane {
  key: string;
  name: string;
  caller: boolean;
  marks: Mark[];
  bars: Bar[];
}
export interface Timeline {
  lanes: Lane[];
  ticks: { left: number; atMs: number }[];
  spanMs: number;
  /** The reason in one sentence. */
  sentence: string;
  /** What to do about it; empty when nothing is to be done. */
  advice: string;
  tone: Tone;
}

interface RawMark { at_ms?: unknown; what?: unknown; why?: unknown }
interface RawLeg { device_id?: unknown; name?: unknown; marks?: unknown }

const markTones: Record<string, Tone> = {
  answered: "ok", opened: "ok", ringing: "warn", invited: "off", digit: "off", cancelled: "off", ended: "off", declined: "bad",
  failed: "bad", left_out: "off",
};

/** Lays out a finished call: one lane per leg, marks in milliseconds after the first ring, bars for ringing and talking. */
export function timeline(body: Record<string, unknown>): Timeline {
  const legs = Array.isArray(body["legs"]) ? (body["legs"] as RawLeg[]) : [];
  const raw = legs.map((leg) => ({ leg, marks: marksOf(leg) }));
  const last = raw.flatMap((r) => r.marks).reduce((most, m) => Math.max(most, m.atMs), num(body["lasts_ms"]));
  const spanMs = niceSpan(last);
  const lanes = raw.map(({ leg, marks }, i): Lane => {
    const id = str(leg.device_id);
    const caller = i === 0 && (id === "" || id === text(body, "device_id"));
    const name = str(leg.name) || (caller ? text(body, "device_name") || t("timeline.caller") : t("timeline.leg", { n: i }));
    return {
      key: `${i}-${id}`,
      name,
      caller,
      marks: marks.map((m) => ({ ...m, left: percent(m.atMs, spanMs), tone: markTones[m.what] ?? "off", label: labelOf(m) })),
      bars: barsOf(marks, last, spanMs),
    };
  });
  const end = text(body, "end");
  const key = `why.${end}`;
  const by = text(body, "answered_by_name") || t("event.somebody");
  const dialled = text(body, "apartment_number") || text(body, "dialled");
  const advice = `advice.${end}`;
  return {
    lanes,
    ticks: ticksOf(spanMs),
    spanMs,
    sentence: t(has(key) ? key : "why.other", { by, dialled, end: word("end", end) }),
    advice: has(advice) ? t(advice) : "",
    tone: callTone(end),
  };
}

interface PlainMark { atMs: number; what: string; why: string }

function marksOf(leg: RawLeg): PlainMark[] {
  if (!Array.isArray(leg.marks)) return [];
  return (leg.marks as RawMark[])
    .map((m) => ({ atMs: Math.max(0, num(m.at_ms)), what: str(m.what), why: str(m.why) }))
    .sort((a, b) => a.atMs - b.atMs);
}

function labelOf(m: PlainMark): string {
  const what = word("mark", m.what);
  return m.why ? t("timeline.mark_why", { what, why: word(has(`leg.${m.why}`) ? "leg" : "reason", m.why) }) : what;
}

const ringEnds = new Set(["answered", "declined", "cancelled", "failed", "ended"]);

/** A leg rings from `ringing` until something ends it, and talks from `answered` until `ended`. */
function barsOf(marks: PlainMark[], last: number, span: number): Bar[] {
  const bars: Bar[] = [];
  const rang = marks.find((m) => m.what === "ringing");
  const answered = marks.find((m) => m.what === "answered");
  if (rang) {
    const over = marks.find((m) => m.atMs >= rang.atMs && ringEnds.has(m.what))?.atMs ?? last;
    bars.push(bar("ringing", rang.atMs, over, span));
  }
  if (answered) {
    const over = marks.find((m) => m.atMs >= answered.atMs && m.what === "ended")?.atMs ?? last;
    bars.push(bar("talking", answered.atMs, over, span));
  }
  return bars;
}

function bar(kind: Bar["kind"], from: number, to: number, span: number): Bar {
  const left = percent(from, span);
  return { kind, left, width: Math.max(0, percent(to, span) - left) };
}

const steps = [1, 2, 5];

/** The step between ticks: 1, 2 or 5 times a power of ten, five ticks at most. */
function stepFor(ms: number): number {
  let power = 10;
  for (;;) {
    for (const s of steps) if (ms / (s * power) <= 5) return s * power;
    power *= 10;
  }
}

function niceSpan(last: number): number {
  const step = stepFor(Math.max(50, last));
  return Math.ceil((Math.max(50, last) * 1.02) / step) * step;
}

function ticksOf(span: number): Timeline["ticks"] {
  const step = stepFor(span);
  const out: Timeline["ticks"] = [];
  for (let at = 0; at <= span; at += step) out.push({ left: percent(at, span), atMs: at });
  return out;
}

function percent(at: number, span: number): number {
  return Math.round((at / span) * 10_000) / 100;
}

function num(v: unknown): number {
  return typeof v === "number" && Number.isFinite(v) ? v : 0;
}

function str(v: unknown): string {
  return typeof v === "string" ? v : "";
}
