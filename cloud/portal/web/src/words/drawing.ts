import type { Device } from "../api/types";
import type { HomeState } from "./floors";

/** Devices that do not answer, by their apartments. */
export function byApartment(silent: Device[]): Map<string, Device[]> {
  const out = new Map<string, Device[]>();
  for (const d of silent) if (d.apartment_id) out.set(d.apartment_id, [...(out.get(d.apartment_id) ?? []), d]);
  return out;
}

/** Whether the devices of an apartment answer: of so many these do not. */
export function stateOf(devices: number, silent: readonly Device[]): HomeState {
  if (devices === 0) return "none";
  if (silent.length === 0) return "all";
  if (silent.length < devices) return "some";
  return silent.some((d) => d.status.since) ? "off" : "unseen";
}
