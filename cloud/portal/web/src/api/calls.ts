import { useQuery } from "@tanstack/react-query";
import { api, got } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Call = Schemas["Call"];
export type CallRecord = Schemas["CallRecord"];
export type CallLeg = Schemas["CallLeg"];

const day = 24 * 60 * 60 * 1000;
const still = 5 * 60 * 1000; // a window that moves with every second would be asked for with every second

/** The instant so many days ago, as the API wants it. */
function since(days: string): string {
  return new Date(Math.floor(Date.now() / still) * still - Number(days) * day).toISOString();
}

/** The calls of a site, page by page; `period` is a number of days until now. */
export function useCallsPaged(site: string, url: Parameters<typeof usePaged>[1]) {
  return usePaged<Call>(keys.of(site, "calls"), url, (query, { period, ...filters }) => {
    const from = period ? { from: since(period) } : {};
    return got(api.GET("/sites/{site}/calls", { params: { path: { site }, query: { ...query, ...filters, ...from } } }));
  });
}

/** The record of one ring. */
export function useCall(site: string, call: string) {
  return useQuery({
    queryKey: [...keys.of(site, "calls"), "one", call],
    queryFn: () => got(api.GET("/sites/{site}/calls/{call}", { params: { path: { site, call } } })),
  });
}
