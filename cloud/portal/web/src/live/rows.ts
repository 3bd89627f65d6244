import type { InfiniteData } from "@tanstack/react-query";
import type { LogRow, Page } from "../api/types";

type Pages = InfiniteData<Page<LogRow>, string>;

/** Whether a row belongs to a list that was asked for with these query values. */
export function belongs(row: LogRow, query: Record<string, string>): boolean {
  if (query["kind"] && !query["kind"].split(",").includes(row.kind)) return false;
  if (query["device"] && row.body?.["device_id"] !== query["device"]) return false;
  return !query["apartment"] || row.body?.["apartment_id"] === query["apartment"];
}

/** Whether the pages have a row already. */
export function holds(pages: Pages | undefined, row: LogRow): boolean {
  return !!pages?.pages.some((p) => p.items.some((r) => r.id === row.id));
}

/** The pages with a new row on top; a row that is there already changes nothing. */
export function withRow(old: Pages | undefined, row: LogRow): Pages | undefined {
  const first = old?.pages[0];
  if (!old || !first) return old;
  if (holds(old, row)) return old;
  const items = [row, ...first.items].sort((a, b) => b.occurred_at.localeCompare(a.occurred_at));
  return { ...old, pages: [{ ...first, items }, ...old.pages.slice(1)] };
}

/** Whether data of an `event` message is a row of the log. */
export function isRow(data: unknown): data is LogRow {
  return typeof data === "object" && data !== null && "id" in data && "kind" in data && "occurred_at" in data;
}
