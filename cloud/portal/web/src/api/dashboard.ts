import { useQuery } from "@tanstack/react-query";
import { api, got } from "./client";
import { keys } from "./keys";

/** What there is, and what needs a hand. Numbers come and go in the buildings: they are read again while somebody looks. */
export function useDashboard() {
  return useQuery({ queryKey: keys.dashboard, queryFn: () => got(api.GET("/dashboard")), staleTime: 5_000, refetchInterval: 20_000 });
}
