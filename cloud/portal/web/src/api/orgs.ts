import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, got, ifMatch } from "./client";
import type { components } from "./schema";

export type HandedOut = components["schemas"]["HandedOut"];
export type OrgInput = components["schemas"]["OrgInput"];
export type Gates = components["schemas"]["MyGates"];
export type GatesInput = components["schemas"]["GatesInput"];
export type SubAccount = components["schemas"]["SubAccount"];
export type Readiness = components["schemas"]["Readiness"];

const orgs = ["orgs"] as const;
const subs = ["subaccounts"] as const;

/** The organisations that were handed out. */
export function useOrgs() {
  return useQuery({ queryKey: [...orgs, "list"], queryFn: () => every((cursor) => api.GET("/orgs", { params: { query: { cursor } } })) });
}

export function useOrg(id: string) {
  return useQuery({ queryKey: [...orgs, "one", id], queryFn: () => got(api.GET("/orgs/{org}", { params: { path: { org: id } } })) });
}

/** Hands out an organisation; the answer holds the link when no mail could take it. */
export function useAddOrg() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: OrgInput) => got(api.POST("/orgs", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: orgs }),
  });
}

export function useRenameOrg(org: HandedOut) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => got(api.PUT("/orgs/{org}", { params: { path: { org: org.id }, header: ifMatch(org.revision) }, body: { name } })),
    onSuccess: () => client.invalidateQueries({ queryKey: orgs }),
  });
}

export function useSetGates(org: HandedOut) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: GatesInput) => got(api.PUT("/orgs/{org}/gates", { params: { path: { org: org.id }, header: ifMatch(org.revision) }, body })),
    onSettled: () => client.invalidateQueries({ queryKey: orgs }),
  });
}

export function useSendOrgLink(id: string) {
  return useMutation({ mutationFn: () => got(api.POST("/orgs/{org}/link", { params: { path: { org: id } } })) });
}

export function useRemoveOrg(org: HandedOut) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => got(api.DELETE("/orgs/{org}", { params: { path: { org: org.id }, header: ifMatch(org.revision) } })),
    onSuccess: () => client.invalidateQueries({ queryKey: [...orgs, "list"] }),
  });
}

/** The sub-installers of the organisation. */
export function useSubAccounts() {
  return useQuery({ queryKey: subs, queryFn: () => every((cursor) => api.GET("/subaccounts", { params: { query: { cursor } } })) });
}

export interface SubDraft { username: string; email: string; phone: string }

export function useSaveSub(sub: SubAccount | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SubDraft) =>
      sub
        ? got(api.PUT("/subaccounts/{account}", { params: { path: { account: sub.id }, header: ifMatch(sub.revision) }, body }))
        : got(api.POST("/subaccounts", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: subs }),
  });
}

export function useResetSub() {
  return useMutation({ mutationFn: (id: string) => got(api.POST("/subaccounts/{account}/reset", { params: { path: { account: id } } })) });
}

export function useRemoveSub() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (sub: SubAccount) => got(api.DELETE("/subaccounts/{account}", { params: { path: { account: sub.id }, header: ifMatch(sub.revision) } })),
    onSuccess: () => client.invalidateQueries({ queryKey: subs }),
  });
}

/** The table of who may do what. */
export function useRights() {
  return useQuery({ queryKey: ["rights"], queryFn: async () => (await got(api.GET("/rights"))).items, staleTime: Infinity });
}

/** What should hold before a site is managed from afar. */
export function useReadiness(site: string) {
  return useQuery({ queryKey: ["site", site, "readiness"], queryFn: () => got(api.GET("/sites/{site}/readiness", { params: { path: { site } } })) });
}

export type FormName = "service" | "support" | "billing" | "time" | "app";
export type FormValues = Record<string, string | boolean>;
interface Filled { form: FormValues; revision: number }

/** One form of the organisation; the API checks what it holds. */
export function useOrgForm(name: FormName) {
  return useQuery({
    queryKey: ["org", "forms", name],
    queryFn: async () => (await got(api.GET(`/org/forms/${name}` as "/org/forms/service"))) as unknown as Filled,
  });
}

export function useSaveOrgForm(name: FormName, revision: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: FormValues) =>
      got(api.PUT(`/org/forms/${name}` as "/org/forms/service", { params: { header: ifMatch(revision) }, body: values as never })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["org", "forms", name] }),
  });
}
