import type { Import, ImportRow } from "../api/imports";
import { t, word } from "../text/t";
import type { Tone } from "./tone";

/** The colour of where an import stands. */
export function phaseTone(phase: Import["phase"]): Tone {
  const tones: Record<Import["phase"], Tone> = {
    planning: "warn", ready: "warn", applying: "warn", applied: "ok", undoing: "warn", undone: "off", cancelled: "off", failed: "bad",
  };
  return tones[phase];
}

/** The colour of what a row does. */
export function rowTone(state: ImportRow["state"]): Tone {
  const tones: Record<ImportRow["state"], Tone> = { add: "ok", change: "warn", same: "off", error: "bad", left_out: "off" };
  return tones[state];
}

/** Whether the work on a plan takes so long that people leave its page. */
export const long = (i: Pick<Import, "counts">) => i.counts.add + i.counts.change > 500;

/** How many rows an import has. */
export const rowsIn = (i: Import) => i.counts.rows.toLocaleString();

/** One thing that a row does, in words. */
export function made(c: ImportRow["changes"][number]): string {
  const values = { object: word("imports", `object_${c.object}`), name: c.name };
  const verb = c.action === "created" ? t("imports.made_created", values) : c.action === "deleted" ? t("imports.made_deleted", values) : t("imports.made_changed", values);
  if (c.fields.length === 0) return verb;
  return `${verb}: ${c.fields.map((f) => `${words(f.name)} ${f.before || "–"} → ${f.after || "–"}`).join(", ")}`;
}

/** A name of a field as people read it: CallType is "call type". */
export const words = (name: string) => name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();

/** What stands beside a row in the grid: its first error, its first warning, or what it does. */
export function says(row: ImportRow): string {
  const first = row.faults[0] ?? row.notes[0];
  if (first) {
    const more = row.faults.length + row.notes.length - 1;
    return more > 0 ? `${first.message} +${more}` : first.message;
  }
  return row.changes.map(made).join(" · ");
}

/** What somebody typed into cells, by row and column. */
export type Typed = Record<number, Record<string, string>>;

/** Keeps a cell that was typed; one that is as it was before is forgotten. */
export function typed(all: Typed, n: number, key: string, value: string, before: string): Typed {
  const row = { ...all[n] };
  if (value === before) delete row[key];
  else row[key] = value;
  const { [n]: _, ...rest } = all;
  return Object.keys(row).length > 0 ? { ...rest, [n]: row } : rest;
}

/** Which rows a window of the grid shows, with some above and below. */
export function shown(top: number, height: number, rowHeight: number, total: number, spare = 8): { from: number; to: number } {
  const from = Math.max(0, Math.floor(top / rowHeight) - spare);
  return { from, to: Math.min(total, Math.ceil((top + height) / rowHeight) + spare) };
}
