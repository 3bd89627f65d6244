import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { retentionValues, type RetentionValues } from "../words/retention";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { Conflict } from "./problem";
import type { components } from "./schema";

export type Retention = components["schemas"]["Retention"];

/** How long a site keeps its log. */
export function useRetention(site: string) {
  return useQuery({ queryKey: keys.of(site, "retention"), queryFn: () => got(api.GET("/sites/{site}/retention", { params: { path: { site } } })) });
}

/** Says how long a site keeps its log, over the revision that was opened. */
export function useSaveRetention(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: RetentionValues) => save(site, values),
    onSuccess: (saved) => client.setQueryData(keys.of(site, "retention"), saved),
  });
}

async function save(site: string, { days, kinds, revision }: RetentionValues): Promise<Retention> {
  const body = { days: number(days), kinds: kinds.map((k) => ({ kind: k.kind, days: number(k.days) })) };
  try {
    return await got(api.PUT("/sites/{site}/retention", { params: { path: { site }, header: ifMatch(revision) }, body }));
  } catch (err) {
    if (err instanceof Conflict) throw new Conflict(err, { ...retentionValues(err.theirs as unknown as Retention) });
    throw err;
  }
}

function number(days: string): number | null {
  return days === "" ? null : Number(days);
}
