import { currentLocale, t } from "../text/t";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string | undefined, style: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${currentLocale()}|${zone}|${JSON.stringify(style)}`;
  let f = formats.get(key);
  if (!f) {
    f = new Intl.DateTimeFormat(currentLocale(), { ...style, timeZone: zone });
    formats.set(key, f);
  }
  return f;
}

/** Date, time and zone, as shown on hover. */
export function exact(at: Date, zone?: string): string {
  const style = { dateStyle: "full", timeStyle: "medium" } as const;
  return `${format(zone, style).format(at)} ${zone ?? ""}`.trim();
}

/** The time of day with seconds, in the zone of the site. */
export function clock(at: Date, zone?: string): string {
  return format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
}

/** "14:02", with the date before it on another day: since when something is so. */
export function moment(at: Date, now: Date, zone?: string): string {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  const today = date(at, zone) === date(now, zone);
  return format(zone, today ? time : { day: "numeric", month: "short", ...time }).format(at);
}

/** "Mon 23 Nov" in the zone of the site. */
export function day(at: Date, zone?: string): string {
  return format(zone, { weekday: "short", day: "numeric", month: "short" }).format(at);
}

/** "23 Nov 2026". */
export function date(at: Date, zone?: string): string {
  return format(zone, { day: "numeric", month: "short", year: "numeric" }).format(at);
}

/** "just now", "3 min ago", then the time of day, then the date. */
export function ago(at: Date, now: Date, zone?: string): string {
  const s = Math.round((now.getTime() - at.getTime()) / 1000);
  if (s < 45) return t("time.now");
  if (s < 3600) return t("time.min_ago", { n: Math.max(1, Math.round(s / 60)) });
  if (s < 12 * 3600) return t("time.h_ago", { n: Math.round(s / 3600) });
  const sameYear = at.getUTCFullYear() === now.getUTCFullYear();
  return format(zone, { day: "numeric", month: "short", ...(sameYear ? { hour: "2-digit", minute: "2-digit" } : { year: "numeric" }) }).format(at);
}

/** "14:59" left until an instant; "0:00" after it. */
export function left(until: Date, now: Date): string {
  const s = Math.max(0, Math.ceil((until.getTime() - now.getTime()) / 1000));
  return t("time.left", { m: Math.floor(s / 60), s: String(s % 60).padStart(2, "0") });
}
