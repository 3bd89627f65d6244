import { useQuery } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { Apartment } from "./types";

export type ApartmentDraft = Omit<Apartment, "id"> & { id?: string };

export function apartmentsQuery(site: string) {
  return { queryKey: keys.of(site, "apartments"), queryFn: () => all<Apartment>(`/sites/${site}/apartments`) };
}

export function useApartments(site: string) {
  return useQuery(apartmentsQuery(site));
}

export function useSaveApartment(site: string) {
  return useSaving(site, "apartments", ({ id, ...body }: ApartmentDraft) =>
    id ? request<Apartment>("PUT", `/sites/${site}/apartments/${id}`, { body }) : request<Apartment>("POST", `/sites/${site}/apartments`, { body }),
  );
}

export function useRemoveApartment(site: string) {
  return useRemoving(site, "apartments", (id) => request<void>("DELETE", `/sites/${site}/apartments/${id}`));
}
