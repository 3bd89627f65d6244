import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, got, ifMatch, most } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import { useRemoving, useSaving } from "./saving";
import type { components } from "./schema";
import type { Device, Draft } from "./types";

export type AccessGroup = components["schemas"]["AccessGroup"];
export type AccessDoor = components["schemas"]["AccessDoor"];
export type AccessSchedule = Required<components["schemas"]["AccessSchedule"]>;
export type AccessGroupDraft = Draft<Omit<AccessGroup, "people" | "schedule">> & { schedule: AccessSchedule };

/** The access groups of a site, page by page. */
export function useAccessGroups(site: string, url: Parameters<typeof usePaged>[1]) {
  return usePaged<AccessGroup>(keys.of(site, "accessgroups"), url, (query) => got(api.GET("/sites/{site}/access-groups", { params: { path: { site }, query } })));
}

/** The access groups of a site, for pickers. */
export function useAccessGroupNames(site: string) {
  return useQuery({
    queryKey: [...keys.of(site, "accessgroups"), "names"],
    queryFn: () => every<AccessGroup>((cursor) => api.GET("/sites/{site}/access-groups", { params: { path: { site }, query: { cursor, limit: most } } })),
  });
}

const withDoors = ["0", "1", "50"]; // types of devices that have relays

/** The devices of a site that open doors, for pickers and names. */
export function useDoorDevices(site: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: [...keys.of(site, "devices"), "doors"],
    queryFn: async () => {
      const of = (type: string) => every<Device>((cursor) => api.GET("/sites/{site}/devices", { params: { path: { site }, query: { cursor, limit: most, type } } }));
      return (await Promise.all(withDoors.map(of))).flat();
    },
  });
}

/** Adds or changes an access group; one that opens always has no days and times, a daily one no days. */
export function useSaveAccessGroup(site: string) {
  return useSaving<AccessGroupDraft, AccessGroup>(site, "accessgroups", ({ id, revision, schedule: { repeat, days, from, till }, ...rest }) => {
    const schedule = repeat === "always" ? { repeat } : { repeat, from, till, ...(repeat === "weekly" && { days }) };
    const body = { ...rest, schedule };
    return id
      ? got(api.PUT("/sites/{site}/access-groups/{access}", { params: { path: { site, access: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/access-groups", { params: { path: { site } }, body }));
  });
}

export function useRemoveAccessGroup(site: string) {
  return useRemoving(site, "accessgroups", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/access-groups/{access}", { params: { path: { site, access: id }, header: ifMatch(revision) } })),
  );
}

export interface KeyDoors { groups: string[]; own_doors: boolean; revision: number }

/** Says where the keys of a person open; then they are read again, and who has which group. */
export function useSetKeyDoors({ site, person }: { site: string; person: string }) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, ...body }: KeyDoors) => got(api.PUT("/sites/{site}/people/{person}/keys", { params: { path: { site, person }, header: ifMatch(revision) }, body })),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: [...keys.of(site, "people"), "keys", person] });
      void client.invalidateQueries({ queryKey: keys.of(site, "accessgroups") });
    },
  });
}
