import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { Conflict, Problem } from "./problem";
import type { components } from "./schema";

export type Trunk = components["schemas"]["Trunk"];
export type TrunkAgent = components["schemas"]["TrunkAgent"];

/** What the form of a trunk holds: the limits stand beside the rest, so that two who edit at once choose field by field. */
export interface TrunkValues {
  host: string;
  port: number | "";
  transport: "udp" | "tls";
  register: boolean;
  user: string;
  password: string;
  caller_id: string;
  enabled: boolean;
  countries: string[];
  calls: number | "";
  day_minutes: number | "";
  call_minutes: number | "";
  alarm_minutes: number | "";
  revision: number;
}

/** A trunk as its form opens it: the password stays in the cloud. */
export function trunkValues(trunk: Trunk): TrunkValues {
  return {
    host: trunk.host, port: trunk.port || "", transport: trunk.transport, register: trunk.register, user: trunk.user, password: "", caller_id: trunk.caller_id,
    enabled: trunk.enabled || !trunk.configured, countries: trunk.limits.countries ?? [], calls: trunk.limits.calls ?? "",
    day_minutes: trunk.limits.day_minutes ?? "", call_minutes: trunk.limits.call_minutes ?? "", alarm_minutes: trunk.limits.alarm_minutes ?? "",
    revision: trunk.revision,
  };
}

export function useTrunk(site: string, enabled = true) {
  return useQuery({ queryKey: keys.of(site, "trunk"), enabled, queryFn: () => got(api.GET("/sites/{site}/trunk", { params: { path: { site } } })) });
}

/** Saves the trunk of a site over the revision that was opened. */
export function useSaveTrunk(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: TrunkValues) => save(site, values),
    onSuccess: (trunk) => client.setQueryData(keys.of(site, "trunk"), trunk),
  });
}

async function save(site: string, values: TrunkValues): Promise<Trunk> {
  const { revision, countries, calls, day_minutes, call_minutes, alarm_minutes, port, password, ...rest } = values;
  const limits = { countries, calls: calls || 0, day_minutes: day_minutes || 0, call_minutes: call_minutes || 0, alarm_minutes: alarm_minutes || 0 };
  const body = { ...rest, port: port || 0, limits, ...(password && { password }) };
  try {
    return await got(api.PUT("/sites/{site}/trunk", { params: { path: { site }, header: ifMatch(revision) }, body }));
  } catch (err) {
    if (err instanceof Conflict) throw new Conflict(err, { ...trunkValues(err.theirs as unknown as Trunk) });
    if (!(err instanceof Problem)) throw err;
    const fields = Object.entries(err.fields).map(([path, message]) => [path.replace(/^limits\./, "").replace(/^countries\[\d+\]/, "countries"), message]);
    throw new Problem(err.status, err.code, err.message, Object.fromEntries(fields), err.requestID);
  }
}

export function useRemoveTrunk(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision }: { revision?: number }) => got(api.DELETE("/sites/{site}/trunk", { params: { path: { site }, header: ifMatch(revision) } })),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.of(site, "trunk") }),
  });
}
