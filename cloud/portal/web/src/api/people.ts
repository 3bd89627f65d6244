import { useQuery } from "@tanstack/react-query";
import { bodyOf, fieldOf, valuesOf, type PersonValues } from "../words/personform";
import { api, found, got, ifMatch } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import { inForm } from "./problem";
import { useRemoving, useSaving } from "./saving";
import type { Person } from "./types";

type PeopleFilters = NonNullable<Parameters<typeof listed>[1]>;

function listed(site: string, query: { kind?: Person["kind"]; app?: "registered" | "unregistered"; active?: "inactivated" | "normal" | "expired"; [more: string]: unknown }) {
  return got(api.GET("/sites/{site}/people", { params: { path: { site }, query } }));
}

/** The people of a site, page by page. */
export function usePeoplePage(site: string, url: Parameters<typeof usePaged>[1]) {
  return usePaged<Person>(keys.of(site, "people"), url, (query, filters) => listed(site, { ...(filters as PeopleFilters), ...query }));
}

/** Who lives in a home, in the order in which they came. */
export function useFamily(site: string, apartment: string) {
  return useQuery({
    queryKey: [...keys.of(site, "people"), "family", apartment],
    queryFn: () => listed(site, { apartment, sort: "created", limit: 200 }).then((page) => page.items),
    enabled: apartment !== "",
  });
}

/** The family masters of a site, the first few; a single-family home has one. */
export function useMasters(site: string) {
  return useQuery({ queryKey: [...keys.of(site, "people"), "masters"], queryFn: () => listed(site, { kind: "master", limit: found }).then((page) => page.items) });
}

/** One person with what of it is locked; lists do not tell that. A form reads it `anew`. */
export function usePerson(site: string, person: string | undefined, anew = false) {
  return useQuery({
    refetchOnMount: anew ? "always" : true,
    queryKey: [...keys.of(site, "people"), "one", person],
    queryFn: () => got(api.GET("/sites/{site}/people/{person}", { params: { path: { site, person: person! } } })),
    enabled: Boolean(person),
  });
}

/** The few homes of a site that hold the words, to choose one. */
export function useHomesLike(site: string, words: string, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.of(site, "apartments"), "like", words],
    queryFn: () => got(api.GET("/sites/{site}/apartments", { params: { path: { site }, query: { q: words || undefined, limit: 4 * found } } })).then((page) => page.items),
    enabled,
    placeholderData: (before) => before,
  });
}

/** Saves the form of a person; `hears` gets what somebody else saved meanwhile, before one is asked about it. */
export function useSavePerson(site: string, hears?: (theirs: Person) => void) {
  return useSaving<PersonValues, Person>(site, "people", async (values) => {
    try {
      return await put(site, values);
    } catch (err) {
      throw inForm(err, (path) => fieldOf(values, path), (theirs) => {
        hears?.(theirs as unknown as Person);
        return valuesOf(theirs as unknown as Person);
      });
    }
  });
}

function put(site: string, values: PersonValues): Promise<Person> {
  const body = bodyOf(values);
  if (!values.id) return got(api.POST("/sites/{site}/people", { params: { path: { site } }, body }));
  return got(api.PUT("/sites/{site}/people/{person}", { params: { path: { site, person: values.id }, header: ifMatch(values.revision) }, body }));
}

export function useRemovePerson(site: string) {
  return useRemoving(site, "people", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/people/{person}", { params: { path: { site, person: id }, header: ifMatch(revision) } })),
  );
}
