import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { api, got } from "./client";
import type { components, paths } from "./schema";

export type AuditEntry = components["schemas"]["AuditEntry"];

/** What of the audit is asked for; what is absent is not asked about. */
export type AuditFilter = Omit<NonNullable<paths["/audit"]["get"]["parameters"]["query"]>, "cursor" | "limit">;

export function useAudit(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) => got(api.GET("/audit", { params: { query: { ...filter, limit: 50, cursor: pageParam || undefined } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next || undefined,
    placeholderData: keepPreviousData,
  });
}

/** Where the same entries come from as a file. */
export function exportAddress(filter: AuditFilter, format: "csv" | "jsonl"): string {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  return `/api/v1/audit/export?${query}`;
}
