import { t, tn } from "../text/t";
import type { Tone } from "./tone";

/** The bounds that the API sets: at least so long, and from `longPassword` on length alone is enough. */
export const shortestPassword = 8;
const longPassword = 15;

/** How hard a password is to guess, as a hint while it is typed. `part` is 0 to 1. */
export function passwordHint(password: string): { tone: Tone; part: number; words: string } {
  const n = [...password].length;
  if (n === 0) return { tone: "off", part: 0, words: t("password.help") };
  if (n < shortestPassword) {
    return { tone: "bad", part: (n / shortestPassword) * 0.4, words: tn("password.short", shortestPassword - n) };
  }
  if (n < longPassword && !(/\p{L}/u.test(password) && /\p{Nd}/u.test(password))) {
    return { tone: "bad", part: 0.4, words: t("password.kinds", { n: longPassword }) };
  }
  const score = n + kinds(password) * 2 - repeats(password) * 2;
  if (score < 15) return { tone: "warn", part: 0.5, words: t("password.weak") };
  if (score < 21) return { tone: "warn", part: 0.7, words: t("password.fair") };
  return { tone: "ok", part: 1, words: t("password.strong") };
}

function kinds(p: string): number {
  return [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((r) => r.test(p)).length;
}

/** Characters that only repeat or count on from the one before. */
function repeats(p: string): number {
  let n = 0;
  for (let i = 1; i < p.length; i++) {
    const step = p.charCodeAt(i) - p.charCodeAt(i - 1);
    if (step === 0 || step === 1 || step === -1) n++;
  }
  return n;
}
