import { useInfiniteQuery } from "@tanstack/react-query";
import { request } from "./client";
import { keys } from "./keys";
import type { LogRow, Page } from "./types";

export interface LogQuery { kinds?: readonly string[]; device?: string; apartment?: string; limit?: number }

/** Rows of the log, newest first, page after page. */
export function useEvents(site: string, query: LogQuery) {
  const asked: Record<string, string> = { limit: String(query.limit ?? 50) };
  if (query.kinds?.length) asked["kind"] = query.kinds.join(",");
  if (query.device) asked["device"] = query.device;
  if (query.apartment) asked["apartment"] = query.apartment;
  return useInfiniteQuery({
    queryKey: keys.events(site, asked),
    queryFn: ({ pageParam }) => {
      const params = new URLSearchParams(pageParam ? { ...asked, before: pageParam } : asked);
      return request<Page<LogRow>>("GET", `/sites/${site}/events?${params}`);
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next || undefined,
  });
}
