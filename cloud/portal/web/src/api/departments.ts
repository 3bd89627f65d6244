import { useQuery } from "@tanstack/react-query";
import { api, every, got, ifMatch, most } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import { useRemoving, useSaving } from "./saving";
import type { components } from "./schema";
import type { Draft } from "./types";

export type Department = components["schemas"]["Department"];
export type DepartmentDraft = Draft<Omit<Department, "people" | "devices">>;

/** The departments of an office, page by page. */
export function useDepartments(site: string, url: Parameters<typeof usePaged>[1]) {
  return usePaged<Department>(keys.of(site, "departments"), url, (query) => got(api.GET("/sites/{site}/departments", { params: { path: { site }, query } })));
}

/** The departments of an office, for pickers. */
export function useDepartmentNames(site: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: [...keys.of(site, "departments"), "names"],
    queryFn: () => every<Department>((cursor) => api.GET("/sites/{site}/departments", { params: { path: { site }, query: { cursor, limit: most } } })),
  });
}

export function useSaveDepartment(site: string) {
  return useSaving<DepartmentDraft, Department>(site, "departments", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/departments/{department}", { params: { path: { site, department: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/departments", { params: { path: { site } }, body })),
  );
}

export function useRemoveDepartment(site: string) {
  return useRemoving(site, "departments", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/departments/{department}", { params: { path: { site, department: id }, header: ifMatch(revision) } })),
  );
}
