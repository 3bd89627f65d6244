import type { Agent, Device } from "../api/types";
import { t, word } from "../text/t";

/** What a colour means: done or online, wants a hand, failed, off or unknown. A tone is never shown without its word. */
export type Tone = "ok" | "warn" | "bad" | "off";

export interface StateWord {
  tone: Tone;
  word: string;
}

/** Presence of an agent. */
export function agentState(a: Pick<Agent, "presence">): StateWord {
  const tones: Record<string, Tone> = { online: "ok", quiet: "warn", offline: "bad", refused: "bad", never: "off" };
  return { tone: tones[a.presence.state] ?? "off", word: word("presence", a.presence.state) };
}

/** Presence of a device: never seen is not the same as gone. */
export function deviceState(d: Pick<Device, "status">): StateWord {
  if (d.status.online) return { tone: "ok", word: t("device.online") };
  if (!d.status.since) return { tone: "off", word: t("device.never") };
  return { tone: "bad", word: t("device.offline") };
}

/** The honest result of an act on a relay. */
export function resultTone(result: string): Tone {
  const tones: Record<string, Tone> = { done: "ok", refused: "bad", failed: "bad", expired: "warn", unknown: "warn" };
  return tones[result] ?? "off";
}
