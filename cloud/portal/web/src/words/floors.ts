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
