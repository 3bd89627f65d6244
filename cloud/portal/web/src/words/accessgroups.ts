import type { AccessDoor, AccessSchedule } from "../api/accessgroups";
import type { Device } from "../api/types";
import { currentLocale, t } from "../text/t";

/** The days of a week as the API counts them, 0 is Sunday, in the order in which they are shown. */
export const weekDays = [1, 2, 3, 4, 5, 6, 0] as const;

/** What a day is called. */
export function dayName(day: number, length: "short" | "long" = "long"): string {
  return new Intl.DateTimeFormat(currentLocale(), { weekday: length, timeZone: "UTC" }).format(new Date(Date.UTC(2023, 0, 1 + day))); // 1 January 2023 was a Sunday
}

/** Days in a few words: runs of three and more as "Mon–Fri". */
export function daysWords(days: readonly number[]): string {
  const runs: number[][] = [];
  for (const [i, day] of weekDays.entries()) {
    if (!days.includes(day)) continue;
    const last = runs.at(-1);
    if (last && weekDays[i - 1] === last.at(-1)) last.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => dayName(day ?? 0, "short");
  return runs.flatMap((run) => (run.length > 2 ? [`${name(run[0])}–${name(run.at(-1))}`] : run.map(name))).join(", ");
}

/** When an access group opens, in one line. */
export function scheduleWords(s: Partial<AccessSchedule>): string {
  if (s.repeat === "daily") return t("accessgroups.daily", { from: s.from ?? "", till: s.till ?? "" });
  if (s.repeat === "weekly") return t("accessgroups.weekly", { days: daysWords(s.days ?? []), from: s.from ?? "", till: s.till ?? "" });
  return t("accessgroups.always");
}

/** A door as one value of a picker, and back. */
export const doorValue = (d: AccessDoor): string => `${d.device_id} ${d.relay}`;

export function doorOf(value: string): AccessDoor {
  const [device_id = "", relay] = value.split(" ");
  return { device_id, relay: Number(relay) };
}

/** What a door is called: its device, and the relay where there are several. */
export function doorWords(device: Device, relay: number): string {
  const name = device.relays.find((r) => r.number === relay)?.name || t("accessgroups.relay", { n: relay });
  return [device.name, device.relays.length > 1 && name].filter(Boolean).join(" · ");
}

const placeOf = (d: Device) => d.building || d.department || d.company || d.apartment;

/** The doors of devices with where they stand, to choose from: relays in use, and those that are chosen already. */
export function doorChoices(devices: Device[], chosen: readonly AccessDoor[]): { value: string; label: string }[] {
  const kept = new Set(chosen.map(doorValue));
  return devices.flatMap((d) =>
    d.relays.map((r) => ({ value: doorValue({ device_id: d.id, relay: r.number }), label: [doorWords(d, r.number), placeOf(d)].filter(Boolean).join(" · "), on: r.enabled })).filter((c) => c.on || kept.has(c.value)),
  ).map(({ value, label }) => ({ value, label }));
}
