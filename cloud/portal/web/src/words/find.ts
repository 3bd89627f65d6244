import { byName } from "./floors";
import { plain } from "./paging";

export interface Found {
  key: string;
  group: "pages" | "sites" | "apartments" | "people" | "devices" | "managers" | "subaccounts" | "orgs";
  label: string;
  more: string;
  to: string;
}

interface Loaded {
  /** Found by its name alone, here in the browser: pages. */
  named: Found[];
  /** What the server found, in its order. */
  served: Found[];
  /** Whether that is its answer to these very words; that to the words before stays only where it fits. */
  settled: boolean;
}

/** How well a text fits what is looked for: 0 not at all, 3 from its first letter. */
function fit(text: string, wanted: string): number {
  const inside = plain(text);
  const at = inside.indexOf(wanted);
  if (at < 0) return 0;
  if (at === 0) return 3;
  return /[\s·#-]/.test(inside[at - 1] ?? "") ? 2 : 1;
}

const perGroup = 6;

const groups = ["sites", "apartments", "people", "devices", "managers", "subaccounts", "orgs", "pages"] as const satisfies readonly Found["group"][];

/** What fits the words looked for, group by group, the best first. */
export function find(wanted: string, { named, served, settled }: Loaded): Found[] {
  const w = plain(wanted.trim());
  const rank = (found: Found) => Math.max(fit(found.label, w), fit(found.more, w));
  const all = [...served.map((found) => ({ found, fit: rank(found) || (settled ? 0.5 : 0) })), ...named.map((found) => ({ found, fit: rank(found) }))];
  return groups.flatMap((group) =>
    all
      .filter((x) => x.found.group === group && x.fit > 0)
      .sort((a, b) => b.fit - a.fit || byName(a.found.label, b.found.label))
      .slice(0, perGroup)
      .map((x) => x.found),
  );
}
