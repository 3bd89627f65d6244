import { useQuery } from "@tanstack/react-query";
import { api, every, got, ifMatch, most } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import { useRemoving, useSaving } from "./saving";
import type { components } from "./schema";
import type { Draft } from "./types";

export type Company = components["schemas"]["Company"];
export type CompanyDraft = Draft<Omit<Company, "people" | "devices">>;

/** The companies of a commercial site, page by page. */
export function useCompanies(site: string, url: Parameters<typeof usePaged>[1]) {
  return usePaged<Company>(keys.of(site, "companies"), url, (query) => got(api.GET("/sites/{site}/companies", { params: { path: { site }, query } })));
}

/** The companies of a commercial site, for pickers. */
export function useCompanyNames(site: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: [...keys.of(site, "companies"), "names"],
    queryFn: () => every<Company>((cursor) => api.GET("/sites/{site}/companies", { params: { path: { site }, query: { cursor, limit: most } } })),
  });
}

export function useSaveCompany(site: string) {
  return useSaving<CompanyDraft, Company>(site, "companies", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/companies/{company}", { params: { path: { site, company: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/companies", { params: { path: { site } }, body })),
  );
}

export function useRemoveCompany(site: string) {
  return useRemoving(site, "companies", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/companies/{company}", { params: { path: { site, company: id }, header: ifMatch(revision) } })),
  );
}
