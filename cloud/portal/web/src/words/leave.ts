/** Whole minutes until an instant; never below zero. */
export function minutesLeft(end: Date, now: Date): number {
  return Math.max(0, Math.ceil((end.getTime() - now.getTime()) / 60_000));
}

/** "14:05" on the same day, else with the day: when leave ends, in the reader's own time. */
export function until(end: Date, now: Date, locale: string): string {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  const sameDay = end.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale, sameDay ? time : { ...time, weekday: "short", day: "numeric", month: "short" }).format(end);
}
