import { t, word, has, type Key } from "../text/t";
import { text } from "./events";
import { sentence } from "./results";
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
  /** What went wrong is about this one. */
  blamed: boolean;
  /** What it is, by which way and in which stage it was called. */
  how: string;
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
interface RawLeg { device_id?: unknown; name?: unknown; marks?: unknown; kind?: unknown; path?: unknown; stage?: unknown; blamed?: unknown }

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
      blamed: leg.blamed === true && causeTone(text(body, "cause")) === "bad",
      how: howOf(leg),
      marks: marks.map((m) => ({ ...m, left: percent(m.atMs, spanMs), tone: markTones[m.what] ?? "off", label: labelOf(m) })),
      bars: barsOf(marks, last, spanMs),
    };
  });
  return { lanes, ticks: ticksOf(spanMs), spanMs, ...causeWords(body, lanes.find((l) => l.blamed)?.name) };
}

/** Why a call went as it did, in a sentence, and what to do about it. `device` is whom the cause is about. */
export function causeWords(body: Record<string, unknown>, device?: string): Pick<Timeline, "sentence" | "advice" | "tone"> {
  const cause = text(body, "cause");
  const known = has(`happened.${cause}`) ? cause : "unclear";
  const words = {
    by: text(body, "answered_by_name") || t("event.somebody"),
    door: text(body, "device_name") || t("event.unknown_caller"),
    home: text(body, "apartment_number") || text(body, "dialled") || t("event.somebody"),
    device: device || text(body, "blamed_name") || t("event.some_device"),
  };
  const todo = `todo.${known}`;
  return { sentence: sentence(t(`happened.${known}` as Key, words)), advice: has(todo) ? t(todo) : "", tone: causeTone(known) };
}

const people = new Set(["nobody_home", "declined", "late_answer"]);
const calm = new Set(["busy", "gave_up", "unknown_number", "not_allowed", "too_many_calls"]);

/** The tone of a cause: what people do is no fault of a device. */
export function causeTone(cause: string): Tone {
  if (cause === "answered" || cause === "opened") return "ok";
  if (people.has(cause)) return "warn";
  return calm.has(cause) ? "off" : "bad";
}

/** What a leg is and how it was called: "device · direct on the LAN · stage 1". */
function howOf(leg: RawLeg): string {
  const kind = str(leg.kind);
  const path = str(leg.path);
  const stage = num(leg.stage);
  return [kind && word("leg", `kind_${kind}`), path && word("leg", `path_${path}`), stage > 0 && t("leg.stage", { n: stage })].filter(Boolean).join(" · ");
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
