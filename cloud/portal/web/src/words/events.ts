import type { LogRow } from "../api/types";
import { t, word, has } from "../text/t";
import { duration, sentence } from "./results";
import { resultTone, type Tone } from "./tone";

/** The filter chips of the log, and the kinds behind each. */
export const logFilters = {
  all: [],
  doors: ["door_log", "command"],
  calls: ["call"],
  security: ["security", "conflict", "alarm"],
  devices: ["device_status", "discovery", "config", "relay", "board_state", "relay_state"],
} as const satisfies Record<string, readonly string[]>;
export type LogFilter = keyof typeof logFilters;

/** Whether a row belongs under a chip. */
export function underFilter(filter: LogFilter, kind: string): boolean {
  const kinds: readonly string[] = logFilters[filter];
  return kinds.length === 0 || kinds.includes(kind);
}

export interface EventWords {
  tone: Tone;
  /** One word for the kind. */
  kind: string;
  /** What happened, in one sentence without a full stop. */
  text: string;
  /** Reason or number that goes with it; may be empty. */
  detail: string;
}

type Body = Record<string, unknown>;

/** Text of a body's field; numbers are written out, anything else is empty. */
export function text(body: Body, name: string): string {
  const v = body[name];
  if (typeof v === "string") return v;
  return typeof v === "number" ? String(v) : "";
}

/** A row of the log in words. Kinds that this version does not know keep their own name. */
export function eventWords(row: Pick<LogRow, "kind" | "body">): EventWords {
  const make = makers[row.kind];
  const kind = word("kind", row.kind);
  if (!make) return { tone: "off", kind, text: kind, detail: "" };
  return { kind, ...make(row.body ?? {}) };
}

const makers: Record<string, (b: Body) => Omit<EventWords, "kind">> = {
  door_log: doorWords,
  call: callWords,
  command: commandWords,
  security: securityWords,
  device_status: statusWords,
  discovery: discoveryWords,
  config: (b) => noteWords("config", b),
  conflict: (b) => ({ ...noteWords("conflict", b), tone: "warn" }),
  agent: (b) => noteWords("agent", b),
  condition: conditionWords,
  relay: relayWords,
  board_state: boardWords,
  alarm: alarmWords,
  relay_state: contactWords,
  gap: (b) => ({ tone: "warn", text: t("event.gap", { from: text(b, "from"), to: text(b, "to") }), detail: reasonOf(b) }),
};

function doorWords(b: Body): Omit<EventWords, "kind"> {
  const result = text(b, "result");
  const door = text(b, "relay_name") || (Number(b["relay"] ?? 0) > 0 ? t("event.relay_n", { n: text(b, "relay") }) : t("event.a_door"));
  const place = text(b, "device_name") || t("event.some_device");
  const who = text(b, "by") || text(b, "by_device_name") || t("event.somebody");
  const means = text(b, "means");
  if (means === "visit") return { tone: "off", text: t("event.door_visit", { place }), detail: home(b) };
  const tone = resultTone(result);
  if (result === "done") {
    const key = `event.door_done_${means}`;
    const took = Number(b["took_ms"] ?? 0);
    const parts = [home(b), took > 0 && duration(took), trust(b)];
    return { tone, text: t(has(key) ? key : "event.door_done", { who, door, place }), detail: join(parts) };
  }
  const no = `event.door_no_${means}`;
  if (result === "refused" && has(no)) return { tone, text: t(no, { place }), detail: join([text(b, "by"), trust(b)]) };
  const outcome = word("result", result).toLowerCase();
  return { tone, text: t("event.door_other", { who, door, place, outcome }), detail: reasonOf(b) };
}

function relayWords(b: Body): Omit<EventWords, "kind"> {
  const result = text(b, "result");
  const said = { who: text(b, "by") || t("event.somebody"), n: text(b, "relay"), place: text(b, "device_name") || t("event.some_device") };
  if (result === "done") return { tone: "ok", text: t(b["on"] === true ? "event.turned_on" : "event.turned_off", said), detail: "" };
  return { tone: resultTone(result), text: t("event.turn_other", { ...said, outcome: word("result", result).toLowerCase() }), detail: reasonOf(b) };
}

function boardWords(b: Body): Omit<EventWords, "kind"> {
  const place = text(b, "device_name") || "";
  if (b["online"] !== true) return { tone: "bad", text: t("event.board_away", { place }).replace("  ", " "), detail: "" };
  return { tone: "off", text: t("event.board_shows", { place, state: onWords(Array.isArray(b["on"]) ? (b["on"] as number[]) : []) }).replace("  ", " "), detail: "" };
}

/** Which relays of a board are on. */
export function onWords(numbers: number[]): string {
  return numbers.length === 0 ? t("boards.all_off") : t("boards.on", { list: numbers.join(", ") });
}

/** How far a device's own word goes; empty for what the agent did itself. */
function trust(b: Body): string {
  const level = text(b, "trust");
  return level && word("trust", level);
}

function alarmWords(b: Body): Omit<EventWords, "kind"> {
  const what = sentence(word("alarm", text(b, "alarm") || "alarm")).slice(0, -1);
  return { tone: "bad", text: t("event.alarm", { what, place: text(b, "device_name") || t("event.some_device") }), detail: trust(b) };
}

function contactWords(b: Body): Omit<EventWords, "kind"> {
  const key = `event.contact_${text(b, "contact") || "relay"}_${b["on"] === true ? "on" : "off"}`;
  const said = { n: text(b, "number"), place: text(b, "device_name") || t("event.some_device") };
  return { tone: "off", text: has(key) ? t(key, said) : word("kind", "relay_state"), detail: trust(b) };
}

/** The home that a row is about; may be empty. */
function home(b: Body): string {
  const number = text(b, "apartment_number");
  return number && t("event.apartment", { number });
}

function callWords(b: Body): Omit<EventWords, "kind"> {
  const end = text(b, "end");
  const place = text(b, "device_name") || t("event.unknown_caller");
  const dialled = text(b, "apartment_number") || text(b, "dialled");
  const by = text(b, "answered_by_name") || t("event.somebody");
  const key = `event.call_${end}`;
  const shown = t(has(key) ? key : "event.call_other", { place, dialled, by, end: word("end", end) });
  const lasts = Number(b["lasts_ms"] ?? 0);
  return { tone: callTone(end), text: shown, detail: join([lasts > 0 && duration(lasts), b["wan"] === false && t("event.wan_down")]) };
}

/** The tone of a call's end: nobody answering wants a look, it is no failure of ours. */
export function callTone(end: string): Tone {
  if (end === "answered" || end === "opened") return "ok";
  if (end === "caller_gone" || end === "busy") return "off";
  if (end === "no_answer" || end === "declined" || end === "interrupted") return "warn";
  return "bad";
}

function commandWords(b: Body): Omit<EventWords, "kind"> {
  const result = text(b, "result") || "unknown";
  return { tone: resultTone(result), text: t("event.command", { outcome: word("result", result).toLowerCase() }), detail: reasonOf(b) };
}

function securityWords(b: Body): Omit<EventWords, "kind"> {
  const what = text(b, "what");
  const name = text(b, "device_name");
  const shown = sentence(word("security", what || "security")).slice(0, -1);
  return { tone: "bad", text: name ? t("event.at_device", { what: shown, place: name }) : shown, detail: text(b, "detail") };
}

function statusWords(b: Body): Omit<EventWords, "kind"> {
  const name = text(b, "device_name") || t("event.some_device");
  const online = b["online"] === true;
  return { tone: online ? "ok" : "bad", text: t(online ? "event.device_online" : "event.device_offline", { name }), detail: text(b, "address") };
}

function discoveryWords(b: Body): Omit<EventWords, "kind"> {
  const name = text(b, "device_name") || text(b, "model") || t("event.some_device");
  const lost = b["lost"] === true;
  const shown = t(lost ? "event.lost" : "event.found", { name, mac: colons(text(b, "mac")) });
  return { tone: lost ? "warn" : "off", text: shown, detail: join([text(b, "address"), text(b, "firmware")]) };
}

function noteWords(prefix: string, b: Body): Omit<EventWords, "kind"> {
  const what = text(b, "what");
  const name = text(b, "device_name");
  const shown = sentence(word(prefix, what || prefix)).slice(0, -1);
  const version = text(b, "version");
  const detail = join([version && version !== "0" && t("event.version", { version }), text(b, "detail")]);
  const bad = what.includes("reject") || what.includes("refus") || what.includes("clone") || what.includes("rolled");
  return { tone: bad ? "bad" : "off", text: name ? t("event.at_device", { what: shown, place: name }) : shown, detail };
}

function conditionWords(b: Body): Omit<EventWords, "kind"> {
  const cleared = b["cleared"] === true;
  const what = word("condition", text(b, "what") || "condition");
  const name = text(b, "device_name");
  const raised = name ? t("event.at_device", { what: sentence(what).slice(0, -1), place: name }) : sentence(what).slice(0, -1);
  const shown = cleared ? t("event.cleared", { what: name ? t("event.at_device", { what, place: name }) : what }) : raised;
  return { tone: cleared ? "ok" : "warn", text: shown, detail: text(b, "detail") };
}

function reasonOf(b: Body): string {
  const r = text(b, "reason");
  return r ? sentence(word("reason", r)) : "";
}

function join(parts: (string | false)[]): string {
  return parts.filter(Boolean).join(" · ");
}

/** A MAC as people read it: 0C:11:05:0B:98:14. */
export function colons(mac: string): string {
  return /^[0-9A-Fa-f]{12}$/.test(mac) ? (mac.match(/../g) ?? []).join(":").toUpperCase() : mac;
}
