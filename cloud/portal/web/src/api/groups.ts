import { useQuery } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { allOf, useRemoving, useSaving } from "./saving";
import type { Draft, NetworkGroup } from "./types";

export type NetworkGroupDraft = Draft<NetworkGroup>;

export function groupsQuery(site: string) {
  return allOf(site, "groups", (params) => api.GET("/sites/{site}/groups", { params }));
}

export function useGroups(site: string) {
  return useQuery(groupsQuery(site));
}

export function useSaveNetworkGroup(site: string) {
  return useSaving<NetworkGroupDraft, NetworkGroup>(site, "groups", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/groups/{group}", { params: { path: { site, group: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/groups", { params: { path: { site } }, body })),
  );
}

export function useRemoveNetworkGroup(site: string) {
  return useRemoving(site, "groups", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/groups/{group}", { params: { path: { site, group: id }, header: ifMatch(revision) } })),
  );
}
