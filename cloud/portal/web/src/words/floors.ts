import type { Apartment, Device } from "../api/types";
import { currentLocale } from "../text/t";

export const doorPhone = 0;
export const singleDoorPhone = 1;
export const monitor = 2;
export const guardPhone = 3;
export const accessTerminal = 50;
export const deviceTypes = [doorPhone, singleDoorPhone, monitor, guardPhone, accessTerminal] as const;

/** Whether a type carries door relays. */
export function hasRelays(type: number): boolean {
  return type === doorPhone || type === singleDoorPhone || type === accessTerminal;
}

/** Height of a floor name: G0, G1, G2 lie between -1 and 1 in this order; without a name lowest of all. */
export function floorHeight(name: string): number {
  if (name === "") return -1000;
  const ground = /^G([0-2])$/.exec(name);
  if (ground) return 0.1 + Number(ground[1]) * 0.1;
  const n = Number(name);
  return Number.isFinite(n) ? n : -999;
}

const natural = new Map<string, Intl.Collator>();

/** Compares names the way people count: 2 before 10. */
export function byName(a: string, b: string): number {
  const locale = currentLocale();
  let order = natural.get(locale);
  if (!order) natural.set(locale, (order = new Intl.Collator(locale, { numeric: true, sensitivity: "base" })));
  return order.compare(a, b);
}

/** Whether the devices of a home answer: all, some, none of them; or none was ever seen, or there are none. */
export type HomeState = "none" | "unseen" | "all" | "some" | "off";

/** The doors whose visitors can reach an apartment, and what rings there. */
export function ringsFrom(apartment: Apartment, devices: Device[]): { doors: Device[]; targets: Device[] } {
  const doors = devices.filter((d) => {
    if (d.type === monitor || d.type === guardPhone) return false;
    if (d.apartment_id) return d.apartment_id === apartment.id;
    return !d.building_id || d.building_id === apartment.building_id;
  });
  const targets = devices.filter((d) => d.apartment_id === apartment.id && d.type === monitor);
  return { doors: doors.sort((a, b) => byName(a.name, b.name)), targets: targets.sort((a, b) => byName(a.name, b.name)) };
}
