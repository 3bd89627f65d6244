import { useQuery } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { allOf, useRemoving, useSaving } from "./saving";
import type { Draft, Building } from "./types";

export type BuildingDraft = Draft<Building>;

export function buildingsQuery(site: string) {
  return allOf(site, "buildings", (params) => api.GET("/sites/{site}/buildings", { params }));
}

export function useBuildings(site: string) {
  return useQuery(buildingsQuery(site));
}

export function useBuilding(site: string, building: string) {
  return useQuery({
    queryKey: [...keys.of(site, "buildings"), "one", building],
    queryFn: () => got(api.GET("/sites/{site}/buildings/{building}", { params: { path: { site, building } } })),
  });
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
