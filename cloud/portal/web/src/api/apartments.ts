import { useQuery } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { allOf, useRemoving, useSaving } from "./saving";
import type { components } from "./schema";
import type { Apartment } from "./types";

export type Handset = Required<components["schemas"]["Handset"]>;

/** What the form of an apartment holds. */
export interface ApartmentDraft {
  id?: string;
  revision?: number;
  building_id: string;
  number: string;
  name: string;
  floor: string;
  contact: Apartment["contact"];
  call_path: Apartment["call_path"];
  call_type: number;
  /** Of a sequence call; a group call keeps them in the form alone. */
  sets: string[][];
  web_relay: number;
  handsets: Handset[];
}

export function blankApartment(building: string, floor = ""): ApartmentDraft {
  return { building_id: building, number: "", name: "", floor, contact: "group", call_path: "ip", call_type: 0, sets: [], web_relay: 0, handsets: [] };
}

/** What the form holds of an apartment that is there. */
export function draftOfApartment(a: Apartment): ApartmentDraft {
  const { id, revision, building_id, number, name, floor, contact, call_path, call_type, web_relay } = a;
  const handsets = a.handsets.map((h) => ({ name: h.name ?? "", number: h.number ?? "" }));
  const sets = a.sets.map((set) => set ?? []);
  return { id, revision, building_id, number, name, floor, contact, call_path, call_type, sets, web_relay, handsets };
}

export function apartmentsQuery(site: string) {
  return allOf(site, "apartments", (params) => api.GET("/sites/{site}/apartments", { params }));
}

export function useApartments(site: string) {
  return useQuery(apartmentsQuery(site));
}

export function useSaveApartment(site: string) {
  return useSaving<ApartmentDraft, Apartment>(site, "apartments", ({ id, revision, ...draft }) => {
    const body = { ...draft, sets: draft.contact === "sequence" ? draft.sets : [] };
    return id
      ? got(api.PUT("/sites/{site}/apartments/{apartment}", { params: { path: { site, apartment: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/apartments", { params: { path: { site } }, body }));
  });
}

export function useRemoveApartment(site: string) {
  return useRemoving(site, "apartments", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/apartments/{apartment}", { params: { path: { site, apartment: id }, header: ifMatch(revision) } })),
  );
}
