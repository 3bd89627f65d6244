/** One field on which two who edited at the same time disagree. */
export interface Difference {
  path: string;
  mine: unknown;
  theirs: unknown;
  /** What is chosen before the person chooses: mine, unless it was left as it was opened. */
  start: Side;
}

export type Side = "mine" | "theirs";

type Values = Record<string, unknown>;

/** Whether two values of a form say the same; the order of keys does not matter, an absent value is an empty one. */
export function same(a: unknown, b: unknown): boolean {
  return plain(a) === plain(b);
}

function plain(value: unknown): string {
  return JSON.stringify(value ?? "", (_, v: unknown) =>
    v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1))) : v,
  );
}

/** The fields of a form whose values differ from what is stored now. What the API does not answer, such as a password, stays mine. */
export function differences(opened: Values, mine: Values, theirs: Values): Difference[] {
  return Object.keys(mine)
    .filter((path) => path !== "id" && path !== "revision" && path in theirs && !same(mine[path], theirs[path]))
    .map((path) => ({ path, mine: mine[path], theirs: theirs[path], start: same(mine[path], opened[path]) ? "theirs" : "mine" }));
}

/** The form's values after the choice, ready to be saved over the revision that is stored now. */
export function merged<V extends object>(mine: V, theirs: Values, choice: Record<string, Side>): V {
  const out: Values = { ...(mine as Values) };
  for (const [path, side] of Object.entries(choice)) if (side === "theirs" && path in theirs) out[path] = theirs[path];
  out.revision = theirs.revision;
  return out as V;
}
