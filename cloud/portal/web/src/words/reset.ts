import type { components } from "../api/schema";
import { has, t, tn, word, type CountKey } from "../text/t";
import { ownName } from "./names";

export type ResetLine = components["schemas"]["ResetLine"];

/** What a line of a plan says: its name, and its value where it has one. */
export function lineWords(line: ResetLine): { name: string; value: string } {
  const counted = `resets.${line.item}`;
  if (line.count && has(`${counted}_other`)) return { name: tn(counted as CountKey, line.count), value: "" };
  return { name: word("resets", line.item), value: valueWords(line) };
}

function valueWords({ item, count, value }: ResetLine): string {
  if (value === undefined || value === "" || value === "kept") return count ? String(count) : "";
  if (item === "language") return ownName(value);
  if (item === "call_type") return word("calltype", value);
  const key = `resetvalue.${value}`;
  return has(key) ? t(key) : value;
}
