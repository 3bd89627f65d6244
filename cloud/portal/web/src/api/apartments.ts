import { useQuery } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { allOf, useRemoving, useSaving } from "./saving";
import type { Draft, Apartment } from "./types";

export type ApartmentDraft = Draft<Apartment>;

export function apartmentsQuery(site: string) {
  return allOf(site, "apartments", (params) => api.GET("/sites/{site}/apartments", { params }));
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
