import { useQuery } from "@tanstack/react-query";
import { api, every, got, ifMatch, most } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { Draft, Apartment } from "./types";

export type ApartmentDraft = Draft<Apartment>;

export function apartmentsQuery(site: string) {
  const path = { site };
  return {
    queryKey: keys.of(site, "apartments"),
    queryFn: () => every((cursor) => api.GET("/sites/{site}/apartments", { params: { path, query: { cursor, limit: most } } })),
  };
}

export function useApartments(site: string) {
  return useQuery(apartmentsQuery(site));
}

export function useSaveApartment(site: string) {
  return useSaving<ApartmentDraft, Apartment>(site, "apartments", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/apartments/{apartment}", { params: { path: { site, apartment: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/apartments", { params: { path: { site } }, body })),
  );
}

export function useRemoveApartment(site: string) {
  return useRemoving(site, "apartments", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/apartments/{apartment}", { params: { path: { site, apartment: id }, header: ifMatch(revision) } })),
  );
}
