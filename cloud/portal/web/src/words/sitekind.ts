import { inWork, type Work } from "../shell/work";

/** The kinds of sites, in the order in which they are offered. */
export const siteKinds = ["community", "commercial", "single", "office"] as const;

export type SiteKind = (typeof siteKinds)[number];

/** The kinds that belong to the work (ACC-17). */
export function kindsOf(work: Work): SiteKind[] {
  return siteKinds.filter((k) => inWork(work, k));
}
