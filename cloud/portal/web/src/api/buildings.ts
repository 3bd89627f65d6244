import { useQuery } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { Building } from "./types";

export type BuildingDraft = Omit<Building, "id"> & { id?: string };

export function buildingsQuery(site: string) {
  return { queryKey: keys.of(site, "buildings"), queryFn: () => all<Building>(`/sites/${site}/buildings`) };
}

export function useBuildings(site: string) {
  return useQuery(buildingsQuery(site));
}

export function useSaveBuilding(site: string) {
  return useSaving(site, "buildings", ({ id, ...body }: BuildingDraft) =>
    id ? request<Building>("PUT", `/sites/${site}/buildings/${id}`, { body }) : request<Building>("POST", `/sites/${site}/buildings`, { body }),
  );
}

export function useRemoveBuilding(site: string) {
  return useRemoving(site, "buildings", (id) => request<void>("DELETE", `/sites/${site}/buildings/${id}`));
}
