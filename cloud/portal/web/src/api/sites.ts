import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { valuesOf, type SiteBody } from "../words/siteform";
import type { SiteKind } from "../words/sitekind";
import { api, every, got, ifMatch, most } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import { Conflict, Problem } from "./problem";
import type { components } from "./schema";
import type { Site } from "./types";

export type SiteOptions = components["schemas"]["SiteOptions"];
export type SitePlan = components["schemas"]["SitePlan"];
export type HomeUser = components["schemas"]["HomeUser"];
export type SingleUser = components["schemas"]["SingleUser"];

export function useSites() {
  return useQuery({ queryKey: keys.sites, queryFn: () => every((cursor) => api.GET("/sites", { params: { query: { cursor, limit: most } } })) });
}

type Look = Parameters<typeof usePaged>[1];

/** The sites of a kind, page by page. */
export function useSitesOf(kind: SiteKind, url: Look) {
  return usePaged<Site>([...keys.sites, kind], url, (query) => got(api.GET("/sites", { params: { query: { ...query, kind } } })));
}

/** The users of all single-family sites, page by page. */
export function useSingleUsers(url: Look) {
  return usePaged<SingleUser>([...keys.sites, "users"], url, (query) => got(api.GET("/single", { params: { query } })));
}

/** Single-family homes in which nobody is entered. */
export const userlessHomes = {
  queryKey: [...keys.sites, "userless"],
  queryFn: () => every((cursor) => api.GET("/sites", { params: { query: { cursor, limit: most, kind: "single" } } })).then((all) => all.filter((s) => s.counts.people === 0)),
};

/** How many sites there are of each kind; undefined until all are counted. */
export function useSiteCounts(kinds: readonly SiteKind[]): Record<SiteKind, number> | undefined {
  return useQueries({
    queries: kinds.map((kind) => ({
      queryKey: [...keys.sites, kind, "count"],
      queryFn: () => got(api.GET("/sites", { params: { query: { kind, limit: 1 } } })).then((page) => page.total ?? page.items.length),
    })),
    combine: (all) =>
      all.every((q) => q.data !== undefined) ? (Object.fromEntries(kinds.map((k, i) => [k, all[i]!.data])) as Record<SiteKind, number>) : undefined,
  });
}

/** What the forms of sites offer; only for who may make sites. */
export function useSiteOptions(enabled = true) {
  return useQuery({ queryKey: ["site-options"], enabled, staleTime: 60_000, queryFn: () => got(api.GET("/site-options")) });
}

/** The few sites whose names hold the words. */
export function siteQuery(site: string) {
  return { queryKey: keys.of(site, "head"), queryFn: () => got(api.GET("/sites/{site}", { params: { path: { site } } })) };
}

export function useSite(site: string) {
  return useQuery(siteQuery(site));
}

export type SiteDraft = SiteBody & { user?: HomeUser; revision?: number };

export function useSaveSite(id?: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, user, ...body }: SiteDraft) =>
      asFormNames(
        id
          ? got(api.PUT("/sites/{site}", { params: { path: { site: id }, header: ifMatch(revision) }, body }))
          : got(api.POST("/sites", { body: { ...body, user } })),
      ),
    onSuccess: (site) => {
      client.setQueryData(keys.of(site.id, "head"), site);
      void client.invalidateQueries({ queryKey: keys.sites });
      void client.invalidateQueries({ queryKey: keys.dashboard });
    },
  });
}

/** The form of a site holds everything side by side (words/siteform.ts): what went wrong is told by its names. */
async function asFormNames(saved: Promise<Site>): Promise<Site> {
  try {
    return await saved;
  } catch (err) {
    if (err instanceof Conflict) throw new Conflict(err, { ...valuesOf(err.theirs as unknown as Site) });
    if (!(err instanceof Problem)) throw err;
    const fields = Object.entries(err.fields).map(([path, message]) => [path.replace(/^(form|address|user)\./, ""), message]);
    throw new Problem(err.status, err.code, err.message, Object.fromEntries(fields), err.requestID);
  }
}

/** Deletes a site as it was seen; one that holds something wants its name said. */
export function useRemoveSite(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, confirm }: { revision?: number; confirm?: string }) =>
      got(api.DELETE("/sites/{site}", { params: { path: { site: id }, query: { confirm }, header: ifMatch(revision) } })),
    onError: () => void client.invalidateQueries({ queryKey: keys.of(id, "head") }),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.site(id) });
      void client.invalidateQueries({ queryKey: keys.sites });
      void client.invalidateQueries({ queryKey: keys.dashboard });
    },
  });
}
