import type { Tone } from "./tone";

/** Where a token stands, in the order of the filter. */
export const tokenStates = ["live", "soon", "over", "revoked"] as const;

export type TokenStateKey = (typeof tokenStates)[number];

const week = 7 * 24 * 3600 * 1000;

/** Where a token stands at an instant: it ends by itself, or somebody revoked it. */
export function stateOf(token: { expires_at: string; revoked_at?: string }, now: Date): { key: TokenStateKey; tone: Tone } {
  if (token.revoked_at) return { key: "revoked", tone: "off" };
  const rest = new Date(token.expires_at).getTime() - now.getTime();
  if (rest <= 0) return { key: "over", tone: "off" };
  return rest < week ? { key: "soon", tone: "warn" } : { key: "live", tone: "ok" };
}

/** Rights that need the person; no token holds them. */
const inPerson = [
  "self", "secrets.read", "subaccounts.write", "orgs.enter", "orgs.break_glass", "access.give", "tokens.write", "webhooks.write", "service.write",
];

/** The rights of an account that a token may hold. */
export function scopesOf(rights: readonly string[]): string[] {
  return rights.filter((r) => !inPerson.includes(r));
}

/** Whether a right changes things. */
export function changes(right: string): boolean {
  return !right.endsWith(".read");
}
