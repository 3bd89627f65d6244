import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export type Measured = components["schemas"]["MeasuredGroups"];
export type Difference = components["schemas"]["MeasuredDifference"];

/** What the agents of a site hear, beside its network groups. */
export function useMeasured(site: string) {
  return useQuery({ queryKey: keys.of(site, "measured"), queryFn: () => got(api.GET("/sites/{site}/groups/proposal", { params: { path: { site } } })) });
}

/** Applies chosen differences of the proposal that was read. */
export function useFollow(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, differences }: { revision: number; differences: string[] }) =>
      got(api.POST("/sites/{site}/groups/proposal", { params: { path: { site }, header: ifMatch(revision) }, body: { differences } })),
    onSuccess: (now) => client.setQueryData(keys.of(site, "measured"), now),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.site(site) }),
  });
}
