import type { Tone } from "./tone";

/** What the colour of a trunk's state means; only registered and ready lines ring landlines. */
export function trunkTone(state: string): Tone {
  const tones: Record<string, Tone> = { registered: "ok", ready: "ok", connecting: "warn", unreachable: "bad", refused: "bad", off: "off" };
  return tones[state] ?? "off";
}
