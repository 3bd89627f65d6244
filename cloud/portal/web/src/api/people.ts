import { useQuery } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { allOf, useRemoving, useSaving } from "./saving";
import type { Draft, Person } from "./types";

export type PersonDraft = Draft<Person>;

export function peopleQuery(site: string) {
  return allOf(site, "people", (params) => api.GET("/sites/{site}/people", { params }));
}

export function usePeople(site: string) {
  return useQuery(peopleQuery(site));
}

export function useSavePerson(site: string) {
  return useSaving<PersonDraft, Person>(site, "people", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/people/{person}", { params: { path: { site, person: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/people", { params: { path: { site } }, body })),
  );
}

export function useRemovePerson(site: string) {
  return useRemoving(site, "people", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/people/{person}", { params: { path: { site, person: id }, header: ifMatch(revision) } })),
  );
}
