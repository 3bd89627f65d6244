import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, found, got, ifMatch, most } from "./client";
import { keys } from "./keys";

export interface SiteDraft { name: string; time_zone: string; kind?: string; revision?: number }

export function useSites() {
  return useQuery({ queryKey: keys.sites, queryFn: () => every((cursor) => api.GET("/sites", { params: { query: { cursor, limit: most } } })) });
}

/** The few sites whose names hold the words. */
export function findSites(words: string) {
  return {
    queryKey: keys.find("sites", words),
    queryFn: () => got(api.GET("/sites", { params: { query: { q: words, limit: found } } })).then((page) => page.items),
  };
}

export function siteQuery(site: string) {
  return { queryKey: keys.of(site, "head"), queryFn: () => got(api.GET("/sites/{site}", { params: { path: { site } } })) };
}

export function useSite(site: string) {
  return useQuery(siteQuery(site));
}

export function useSaveSite(id?: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, ...body }: SiteDraft) =>
      id ? got(api.PUT("/sites/{site}", { params: { path: { site: id }, header: ifMatch(revision) }, body })) : got(api.POST("/sites", { body })),
    onSuccess: (site) => {
      client.setQueryData(keys.of(site.id, "head"), site);
      void client.invalidateQueries({ queryKey: keys.sites });
      void client.invalidateQueries({ queryKey: keys.dashboard });
    },
  });
}

export function useRemoveSite(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (revision: number) => got(api.DELETE("/sites/{site}", { params: { path: { site: id }, header: ifMatch(revision) } })),
    onError: () => void client.invalidateQueries({ queryKey: keys.of(id, "head") }),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.site(id) });
      void client.invalidateQueries({ queryKey: keys.sites });
      void client.invalidateQueries({ queryKey: keys.dashboard });
    },
  });
}
