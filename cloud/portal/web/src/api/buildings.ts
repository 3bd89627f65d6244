import { useQuery } from "@tanstack/react-query";
import { api, every, got, ifMatch, most } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { Draft, Building } from "./types";

export type BuildingDraft = Draft<Building>;

export function buildingsQuery(site: string) {
  const path = { site };
  return {
    queryKey: keys.of(site, "buildings"),
    queryFn: () => every((cursor) => api.GET("/sites/{site}/buildings", { params: { path, query: { cursor, limit: most } } })),
  };
}

export function useBuildings(site: string) {
  return useQuery(buildingsQuery(site));
}

export function useSaveBuilding(site: string) {
  return useSaving<BuildingDraft, Building>(site, "buildings", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/buildings/{building}", { params: { path: { site, building: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/buildings", { params: { path: { site } }, body })),
  );
}

export function useRemoveBuilding(site: string) {
  return useRemoving(site, "buildings", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/buildings/{building}", { params: { path: { site, building: id }, header: ifMatch(revision) } })),
  );
}
