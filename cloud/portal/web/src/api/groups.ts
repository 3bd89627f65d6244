import { useQuery } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { NetworkGroup } from "./types";

export type NetworkGroupDraft = Omit<NetworkGroup, "id"> & { id?: string };

export function useGroups(site: string) {
  return useQuery({ queryKey: keys.of(site, "groups"), queryFn: () => all<NetworkGroup>(`/sites/${site}/groups`) });
}

export function useSaveNetworkGroup(site: string) {
  return useSaving(site, "groups", ({ id, ...body }: NetworkGroupDraft) =>
    id ? request<NetworkGroup>("PUT", `/sites/${site}/groups/${id}`, { body }) : request<NetworkGroup>("POST", `/sites/${site}/groups`, { body }),
  );
}

export function useRemoveNetworkGroup(site: string) {
  return useRemoving(site, "groups", (id) => request<void>("DELETE", `/sites/${site}/groups/${id}`));
}
