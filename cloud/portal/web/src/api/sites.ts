import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import type { Site } from "./types";

export interface SiteDraft { name: string; time_zone: string }

export function useSites() {
  return useQuery({ queryKey: keys.sites, queryFn: () => all<Site>("/sites") });
}

export function siteQuery(site: string) {
  return { queryKey: keys.of(site, "head"), queryFn: () => request<Site>("GET", `/sites/${site}`) };
}

export function useSite(site: string) {
  return useQuery(siteQuery(site));
}

export function useSaveSite(id?: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SiteDraft) => (id ? request<Site>("PUT", `/sites/${id}`, { body }) : request<Site>("POST", "/sites", { body })),
    onSuccess: (site) => {
      client.setQueryData(keys.of(site.id, "head"), site);
      void client.invalidateQueries({ queryKey: keys.sites });
    },
  });
}

export function useRemoveSite(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<void>("DELETE", `/sites/${id}`),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.site(id) });
      void client.invalidateQueries({ queryKey: keys.sites });
    },
  });
}
