import { useQuery } from "@tanstack/react-query";
import { api, every, most } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

type Department = components["schemas"]["Department"];
type Company = components["schemas"]["Company"];

/** The departments of an office, for pickers. */
export function useDepartmentNames(site: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: [...keys.site(site), "departments", "names"],
    queryFn: () => every<Department>((cursor) => api.GET("/sites/{site}/departments", { params: { path: { site }, query: { cursor, limit: most } } })),
  });
}

/** The companies of a commercial site, for pickers. */
export function useCompanyNames(site: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: [...keys.site(site), "companies", "names"],
    queryFn: () => every<Company>((cursor) => api.GET("/sites/{site}/companies", { params: { path: { site }, query: { cursor, limit: most } } })),
  });
}
