/** Names of what is kept in memory; the live stream says which of them is old. */
export const keys = {
  me: ["me"] as const,
  setup: ["setup"] as const,
  sites: ["sites"] as const,
  dashboard: ["dashboard"] as const,
  find: (noun: string, words: string) => ["find", noun, words] as const,
  site: (site: string) => ["site", site] as const,
  of: (site: string, noun: Noun) => ["site", site, noun] as const,
  events: (site: string, query: Record<string, string>) => ["site", site, "events", query] as const,
};

export type Noun = "head" | "buildings" | "apartments" | "people" | "groups" | "devices" | "boards" | "boardstates" | "cameras" | "agents" | "candidates" | "walk" | "events" | "claim" | "measured"
  | "departments" | "accessgroups" | "companies" | "trunk" | "retention" | "calls" | "orders" | "remote";
