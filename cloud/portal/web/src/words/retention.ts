import { t } from "../text/t";

/** What the form of a site's retention holds: days as they are picked; "" is as the service, or for a kind as the others. */
export interface RetentionValues {
  days: string;
  kinds: { kind: string; days: string }[];
  revision: number;
}

/** A retention as its form opens it: kinds that have days of their own. */
export function retentionValues(of: { days: number | null; kinds: { kind: string; days: number | null }[]; revision: number }): RetentionValues {
  const own = of.kinds.filter((k) => k.days !== null);
  return { days: picked(of.days), kinds: own.map((k) => ({ kind: k.kind, days: picked(k.days) })), revision: of.revision };
}

function picked(days: number | null): string {
  return days === null ? "" : String(days);
}

const offered = [30, 60, 90, 180, 365, 730, 1095, 1825, 3650];

/** Days that may be picked within what the operator allows (0: anything), and those that are picked now. */
export function offeredDays(longest: number, now: string): number[] {
  const all = new Set(longest > 0 ? [...offered.filter((n) => n < longest), longest] : [...offered, 0]);
  if (now !== "") all.add(Number(now));
  return [...all].sort((a, b) => (a || Infinity) - (b || Infinity));
}

/** How long, in words; 0 is for ever. */
export function daysWords(days: number): string {
  if (days === 0) return t("retention.for_ever");
  if (days === 365) return t("retention.year", { n: days });
  return days % 365 === 0 ? t("retention.years", { years: days / 365, n: days }) : t("retention.days", { n: days });
}

/** Whether some kind is kept shorter by what is picked than by what was. */
export function isShorter(was: RetentionValues, now: RetentionValues, longest: number): boolean {
  const kinds = [...was.kinds, ...now.kinds].map((k) => k.kind);
  return ["", ...kinds].some((kind) => lasts(now, kind, longest) < lasts(was, kind, longest));
}

/** How many days a kind is kept. */
function lasts(of: RetentionValues, kind: string, longest: number): number {
  const own = of.kinds.find((k) => k.kind === kind)?.days || of.days;
  const days = own === "" ? longest : Number(own);
  return Math.min(days || Infinity, longest || Infinity);
}
