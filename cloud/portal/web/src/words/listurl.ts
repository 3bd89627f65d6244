/** The column a list is sorted by, and whether its greatest stands first. */
export interface Sort {
  key: string;
  down: boolean;
}

/** What of a long list is looked at: what an address remembers of it. */
export interface Look {
  /** The words looked for. */
  q: string;
  sort: Sort;
  /** 0 first. */
  page: number;
  /** Values by the filters' names; a filter that is off is absent. */
  filters: Record<string, string>;
}

/** What a list can be asked: everything else in an address is somebody else's, or somebody's slip. */
export interface Looks {
  /** How the list is sorted until the reader sorts it otherwise. */
  sort: Sort;
  /** The columns it can be sorted by. */
  sorts: readonly string[];
  filters?: readonly string[];
}

/** What the API's lists are asked, beside their filters. */
export interface ListQuery {
  q?: string;
  sort: string;
  order: "asc" | "desc";
  /** 1 first. */
  page: number;
  limit: number;
}

/** The values of an address; undefined takes one away. */
export type Search = Record<string, string | number | undefined>;

const furthest = 100_000;

/** Reads a look from an address: `q`, `sort` (`-number` with the greatest first), `page` from 1, and the filters by their names. */
export function readLook(search: Readonly<Record<string, unknown>>, looks: Looks): Look {
  const text = (name: string) => {
    const v = search[name];
    return typeof v === "string" || typeof v === "number" || typeof v === "boolean" ? String(v) : "";
  };
  const key = text("sort").replace(/^-/, "");
  const page = Number(text("page"));
  const filters = (looks.filters ?? []).map((name) => [name, text(name)] as const).filter(([, value]) => value !== "");
  return {
    q: text("q"),
    sort: looks.sorts.includes(key) ? { key, down: text("sort").startsWith("-") } : looks.sort,
    page: Number.isInteger(page) && page >= 1 ? Math.min(page, furthest) - 1 : 0,
    filters: Object.fromEntries(filters),
  };
}

/** Writes a look into an address; what is as the list begins stands nowhere. */
export function writeLook(look: Look, looks: Looks): Search {
  const { key, down } = look.sort;
  const plain = key === looks.sort.key && down === looks.sort.down;
  return {
    q: look.q.trim() || undefined,
    sort: plain ? undefined : `${down ? "-" : ""}${key}`,
    page: look.page > 0 ? look.page + 1 : undefined,
    ...Object.fromEntries((looks.filters ?? []).map((name) => [name, look.filters[name] || undefined])),
  };
}

/** A look that differs; with other words, filters or another order one begins at the first page again. */
export function relook(look: Look, change: Partial<Look>): Look {
  return { ...look, page: 0, ...change };
}

/** Whether anything is looked for, so that nothing found does not mean that nothing is there. */
export function narrowed(look: Look): boolean {
  return look.q.trim() !== "" || Object.keys(look.filters).length > 0;
}

/** What the API is asked for a page of so many lines. */
export function listQuery(look: Look, lines: number): ListQuery {
  const q = look.q.trim();
  return { ...(q && { q }), sort: look.sort.key, order: look.sort.down ? "desc" : "asc", page: look.page + 1, limit: lines };
}

/** The page on which the first row one looks at stands when there are other lines per page. */
export function samePlace(page: number, lines: number, newLines: number): number {
  return Math.floor((page * lines) / newLines);
}
