import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { Conflict } from "./problem";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type AutoP = Schemas["AutoP"];
export type AutoPOrder = Schemas["AutoPOrder"];
export type AutoPBatch = Schemas["AutoPBatch"];

/** The live stream makes it old as it does receipts. */
const one = (site: string, device: string) => [...keys.of(site, "walk"), "autop", device] as const;

const at = (site: string, device: string) => ({ path: { site, device } });

export function useAutoP(site: string, device: string) {
  return useQuery({ queryKey: one(site, device), queryFn: () => got(api.GET("/sites/{site}/devices/{device}/autop", { params: at(site, device) })) });
}

export interface AutoPValues {
  text: string;
  revision: number;
}

/** Keeps the regular lines of a device, over the revision that was opened. */
export function useKeepAutoP(site: string, device: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ text, revision }: AutoPValues) => {
      try {
        return await got(api.PUT("/sites/{site}/devices/{device}/autop", { params: { ...at(site, device), header: ifMatch(revision) }, body: { text } }));
      } catch (err) {
        if (err instanceof Conflict) throw new Conflict(err, { text: err.theirs["text"], revision: err.theirs["revision"] });
        throw err;
      }
    },
    onSuccess: (saved) => client.setQueryData(one(site, device), saved),
  });
}

/** Has lines carried out on a device once. */
export function useOrderAutoP(site: string, device: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => got(api.POST("/sites/{site}/devices/{device}/autop/once", { params: at(site, device), body: { text } })),
    onSuccess: (saved) => client.setQueryData(one(site, device), saved),
  });
}

/** Opens the pairing window of a device. */
export function usePair(site: string, device: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => got(api.POST("/sites/{site}/devices/{device}/autop/pair", { params: at(site, device) })),
    onSuccess: (saved) => client.setQueryData(one(site, device), saved),
  });
}

/** Lines for many devices of a site. */
export function useSubmitAutoP(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: AutoPBatch) => got(api.POST("/sites/{site}/autop", { params: { path: { site } }, body })),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.of(site, "walk") }),
  });
}
