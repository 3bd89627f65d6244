import type { Mail } from "../api/mails";
import { has, t, word } from "../text/t";
import type { StateWord, Tone } from "./tone";

export type MailState = Mail["state"];

/** The states of a mail, in the order of the filter. */
export const mailStates: MailState[] = ["queued", "waiting", "sent", "failed", "suppressed", "expired", "limited"];

const tones: Record<MailState, Tone> = { queued: "warn", waiting: "warn", sent: "ok", failed: "bad", suppressed: "bad", expired: "bad", limited: "bad" };

/** What became of a mail. */
export function mailState(state: MailState): StateWord {
  return { tone: tones[state] ?? "off", word: word("mails", `state_${state}`) };
}

/** Why a mail did not arrive, or not yet: what the mail server said, else what the state means; nothing of one that left. */
export function mailWhy(m: Pick<Mail, "state" | "error">): string {
  if (m.state === "sent") return "";
  if (m.error) return serverWords(m.error);
  const key = `mails.why_${m.state}`;
  return has(key) ? t(key) : "";
}

/** What a mail server said, without the names of mail and recipient, which stand beside it. */
export function serverWords(error: string): string {
  return error.replace(/, affected (recipient\(s\)|message ID): <?[^\s,>]*>?/g, "");
}

/** What a letter is called. */
export function mailKind(kind: string): string {
  const key = `mails.kind_${kind}`;
  return has(key) ? t(key) : kind.replaceAll("_", " ");
}

/** What a language of letters is called. */
export function mailLanguage(code: string): string {
  const key = `mails.lang_${code}`;
  return has(key) ? t(key) : code;
}

/** The states that mails are in, with how many; the state that is asked for stands there even with none. */
export function countStates(mails: Pick<Mail, "state">[], asked?: string): { state: MailState; n: number }[] {
  return mailStates.map((state) => ({ state, n: mails.filter((m) => m.state === state).length })).filter((c) => c.n > 0 || c.state === asked);
}

const short = 140;

/** The beginning of a long text, cut at a word; the whole of a short one. */
export function beginning(text: string): string {
  if (text.length <= short) return text;
  const cut = text.slice(0, short);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), short / 2)).trimEnd()} …`;
}
