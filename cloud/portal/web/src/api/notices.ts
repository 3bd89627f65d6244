import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got } from "./client";
import type { components } from "./schema";

export type NoticeItem = components["schemas"]["Notice"];

/** What the account should know of; the account's stream says when there is more. */
export const noticesKey = ["notices"] as const;

export function useNotices() {
  return useQuery({ queryKey: noticesKey, queryFn: () => got(api.GET("/notices")) });
}

export function useReadNotices() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids?: string[]) => got(api.POST("/notices/read", { body: ids ? { ids } : { all: true } })),
    onSuccess: () => client.invalidateQueries({ queryKey: noticesKey }),
  });
}

export function useAnnounce() {
  return useMutation({
    mutationFn: (body: { title: string; text: string; mail: boolean }) => got(api.POST("/announcements", { body })),
  });
}
