import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { api, got } from "./client";
import { keys } from "./keys";

export interface LogQuery { kinds?: readonly string[]; device?: string; apartment?: string; limit?: number }

/** Rows of the log, newest first, page after page. */
export function useEvents(site: string, { kinds, device, apartment, limit = 50 }: LogQuery) {
  const asked: Record<string, string> = {};
  if (kinds?.length) asked["kind"] = kinds.join(",");
  if (device) asked["device"] = device;
  if (apartment) asked["apartment"] = apartment;
  return useInfiniteQuery({
    queryKey: keys.events(site, { ...asked, limit: String(limit) }),
    queryFn: ({ pageParam }) =>
      got(api.GET("/sites/{site}/events", { params: { path: { site }, query: { ...asked, limit, before: pageParam || undefined } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next || undefined,
  });
}

/** Has the whole log of a site checked. */
export function useLogCheck(site: string) {
  return useMutation({ mutationFn: () => got(api.GET("/sites/{site}/events/verify", { params: { path: { site } } })) });
}
