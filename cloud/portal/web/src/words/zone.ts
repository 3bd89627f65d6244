/** Minutes by which a zone is ahead of Greenwich at an instant. */
export function zoneOffset(zone: string, at: Date): number {
  const part = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at).find((p) => p.type === "timeZoneName")?.value ?? "GMT";
  const m = /^GMT([+-])(\d+):(\d+)/.exec(part);
  return m ? (m[1] === "-" ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) : 0;
}

/** A zone as people choose it, such as "GMT+8:00 Shanghai" (SITE-04). */
export function zoneLabel(zone: string, at = new Date()): string {
  try {
    const minutes = zoneOffset(zone, at);
    const ahead = Math.abs(minutes);
    const city = zone.split("/").at(-1)!.replaceAll("_", " ");
    return `GMT${minutes < 0 ? "-" : "+"}${Math.floor(ahead / 60)}:${String(ahead % 60).padStart(2, "0")} ${city}`;
  } catch {
    return zone; // one that this browser does not know
  }
}

/** Zones from west to east, those of one offset by city. */
export function zoneChoices(zones: readonly string[], at = new Date()): { value: string; label: string }[] {
  const offset = (zone: string) => {
    try {
      return zoneOffset(zone, at);
    } catch {
      return 0;
    }
  };
  return zones
    .map((value) => ({ value, label: zoneLabel(value, at), offset: offset(value) }))
    .sort((a, b) => a.offset - b.offset || a.label.localeCompare(b.label))
    .map(({ value, label }) => ({ value, label }));
}
