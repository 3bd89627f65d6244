import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, got, ifMatch, most } from "./client";
import { fileBody, mostFile } from "./file";
import { keys } from "./keys";
import type { components } from "./schema";
import type { Seen } from "./types";

export type Manager = components["schemas"]["Manager"];
export type Assignment = components["schemas"]["Assignment"];
export type PersonAccount = components["schemas"]["PersonAccount"];

export interface ManagerDraft {
  id?: string;
  revision?: number;
  first_name: string;
  last_name: string;
  email: string;
  language: string;
  remind_monthly: boolean;
  email_factor: boolean;
  site_ids: string[];
}

const key = ["managers"] as const;
const ofSite = (site: string) => [...keys.site(site), "managers"] as const;

/** The property managers of the own organisation, by name. */
export function useManagers() {
  return useQuery({ queryKey: key, queryFn: () => every((cursor) => api.GET("/managers", { params: { query: { cursor, limit: most } } })) });
}

/** After a change of managers, also one that was refused: lists of managers and of sites' managers are read again. */
function useChanging<D, T>(change: (draft: D) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: async () => {
      void client.invalidateQueries({ predicate: (q) => q.queryKey.includes("managers") });
      await client.invalidateQueries({ queryKey: key });
    },
  });
}

export function useSaveManager() {
  return useChanging(({ id, revision, ...body }: ManagerDraft) =>
    id
      ? got(api.PUT("/managers/{account}", { params: { path: { account: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/managers", { body })),
  );
}

export function useRemoveManager() {
  return useChanging(({ id, revision }: Seen) => got(api.DELETE("/managers/{account}", { params: { path: { account: id }, header: ifMatch(revision) } })));
}

export function useResetManager() {
  return useMutation({ mutationFn: (id: string) => got(api.POST("/managers/{account}/reset", { params: { path: { account: id } } })) });
}

/** Who manages a site, and who could. */
export function useSiteManagers(site: string) {
  return useQuery({ queryKey: ofSite(site), queryFn: () => readSiteManagers(site) });
}

function readSiteManagers(site: string) {
  return got(api.GET("/sites/{site}/managers", { params: { path: { site } } }));
}

/** What a manager may do at a site now; an assignment has no address to read, so it stands among the site's. */
const assigned = (site: string, account: string) => async () => ({ ...(await readSiteManagers(site)).items.find((a) => a.account_id === account) });

export interface Switches {
  pay?: boolean;
  renewal_mails?: boolean;
  app?: boolean;
  delete_accounts?: boolean;
  log_access?: boolean;
}

export function useAssign(site: string) {
  return useChanging(({ account, revision, body }: { account: string; revision?: number; body: Switches }) =>
    got(api.PUT("/sites/{site}/managers/{account}", { params: { path: { site, account }, header: ifMatch(revision) }, body }), assigned(site, account)),
  );
}

export function useUnassign(site: string) {
  return useChanging(({ id: account, revision }: Seen) =>
    got(api.DELETE("/sites/{site}/managers/{account}", { params: { path: { site, account }, header: ifMatch(revision) } }), assigned(site, account)),
  );
}

export function useAppPassword(site: string) {
  return useMutation({
    mutationFn: (account: string) => got(api.POST("/sites/{site}/managers/{account}/app-password", { params: { path: { site, account } } })),
  });
}

export function useInvite(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ person, role }: { person: string; role: string }) =>
      got(api.POST("/sites/{site}/people/{person}/account", { params: { path: { site, person } }, body: { role } })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.of(site, "people") }),
  });
}

export function useTakeBack(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (person: string) => got(api.DELETE("/sites/{site}/people/{person}/account", { params: { path: { site, person } } })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.of(site, "people") }),
  });
}

/** The own home of a resident. */
export function useHome() {
  return useQuery({ queryKey: ["home"], queryFn: () => got(api.GET("/home")) });
}

export function useFeedback() {
  return useMutation({ mutationFn: (text: string) => got(api.POST("/feedback", { body: { text } })) });
}

export type ManagerRows = components["schemas"]["ManagerRows"];

/** Reads a sheet of managers: what it would do, or with `apply` does it. */
export function useManagerFile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, apply }: { file: File; apply: boolean }) =>
      got(api.POST("/managers/file", {
        params: { query: { apply } }, ...fileBody(file, mostFile),
      })),
    onSettled: (_, __, { apply }) => (apply ? client.invalidateQueries({ queryKey: ["managers"] }) : undefined),
  });
}
