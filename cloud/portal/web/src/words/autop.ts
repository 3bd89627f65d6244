import type { Device } from "../api/types";
import type { Tone } from "./tone";

/** The most devices of one submission (AUTOP-03). */
export const mostAutoP = 500;

/** What the colour of a state of lines means. */
export function autopTone(state: string): Tone {
  switch (state) {
    case "applied":
      return "ok";
    case "refused":
      return "bad";
    case "told":
      return "warn";
  }
  return "off";
}

/** The devices that a type and a piece of a MAC leave; separators in what is typed do not matter (AUTOP-04). */
export function autopShown<D extends Pick<Device, "type" | "mac">>(devices: readonly D[], type: string, typed: string): D[] {
  const mac = typed.replace(/[^0-9a-z]/gi, "").toUpperCase();
  return devices.filter((d) => (type === "" || String(d.type) === type) && d.mac.includes(mac));
}

/** Adds devices to those that are chosen, as far as the limit goes. */
export function chooseMore(chosen: Set<string>, ids: string[]): Set<string> {
  const out = new Set(chosen);
  for (const id of ids) {
    if (out.size >= mostAutoP) break;
    out.add(id);
  }
  return out;
}
