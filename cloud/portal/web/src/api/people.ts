import { useQuery } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { Person } from "./types";

export type PersonDraft = Omit<Person, "id"> & { id?: string };

export function peopleQuery(site: string) {
  return { queryKey: keys.of(site, "people"), queryFn: () => all<Person>(`/sites/${site}/people`) };
}

export function usePeople(site: string) {
  return useQuery(peopleQuery(site));
}

export function useSavePerson(site: string) {
  return useSaving(site, "people", ({ id, ...body }: PersonDraft) =>
    id ? request<Person>("PUT", `/sites/${site}/people/${id}`, { body }) : request<Person>("POST", `/sites/${site}/people`, { body }),
  );
}

export function useRemovePerson(site: string) {
  return useRemoving(site, "people", (id) => request<void>("DELETE", `/sites/${site}/people/${id}`));
}
