/** Which branches of a tree are open, by their names; the rest is as the tree begins. */
export type Open = Readonly<Record<string, boolean>>;

/** The names of branches. */
export const branch = {
  site: "site",
  public: "public",
  building: (id: string) => id,
  floor: (building: string, floor: string) => `${building}/${floor}`,
};

/** The most branches that a browser remembers of one site. */
const most = 400;

const kept = (site: string) => `vestibule-tree:${site}`;

/** The branches that were opened and shut before. */
export function keptOpen(site: string): Open {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(kept(site)) ?? "{}");
    if (typeof read !== "object" || read === null || Array.isArray(read)) return {};
    return Object.fromEntries(Object.entries(read).filter(([, open]) => typeof open === "boolean"));
  } catch {
    return {};
  }
}

export function keepOpen(site: string, open: Open) {
  try {
    localStorage.setItem(kept(site), JSON.stringify(open));
  } catch {
    // A browser that keeps nothing begins anew next time.
  }
}

/** The branches with some of them put; those that were touched longest ago are forgotten first. */
export function withOpen(open: Open, names: readonly string[], to: boolean): Open {
  const rest = Object.entries(open).filter(([name]) => !names.includes(name));
  return Object.fromEntries([...rest, ...names.map((name) => [name, to] as const)].slice(-most));
}

/** Where the arrows lead in a tree: among the items that are in sight, by the key that was pressed. */
export function stepTo(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined;
  if (key === "ArrowDown") return Math.min(at + 1, count - 1);
  if (key === "ArrowUp") return Math.max(at - 1, 0);
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : undefined;
}

/** The next item whose text begins with a letter that was typed, after the one at hand and around the end. */
export function typedTo(letter: string, at: number, texts: readonly string[]): number | undefined {
  const wanted = letter.toLowerCase();
  for (let step = 1; step <= texts.length; step++) {
    const i = (at + step) % texts.length;
    if (texts[i]?.trim().toLowerCase().startsWith(wanted)) return i;
  }
  return undefined;
}

/** What of the tree an address shows. */
export interface Place {
  /** The name of the item whose page it is; empty where only the tree is. */
  here: string;
  building?: string;
  apartment?: string;
}

/** Reads an address: the path that one is at, and the floor that a building's list is narrowed to, `none` for no floor. */
export function placeAt(path: string, floor: unknown): Place {
  const [first = "", second = ""] = path.replace(/^.*\/buildings\/?/, "").split("/");
  if (first === "apartments") return { here: second, apartment: second };
  if (first === "all") return { here: branch.site };
  if (first === "" || first === "public") return { here: first };
  if (floor === undefined) return { here: first, building: first };
  return { here: branch.floor(first, floor === "none" ? "" : String(floor as string | number)), building: first };
}
