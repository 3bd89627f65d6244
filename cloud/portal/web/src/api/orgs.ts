import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, got, ifMatch } from "./client";
import { Conflict } from "./problem";
import type { components } from "./schema";
import type { Seen } from "./types";

export type HandedOut = components["schemas"]["HandedOut"];
export type OrgInput = components["schemas"]["OrgInput"];
export type Gates = components["schemas"]["MyGates"];
export type GatesInput = components["schemas"]["GatesInput"];
export type SubAccount = components["schemas"]["SubAccount"];
export type Readiness = components["schemas"]["Readiness"];

const orgs = ["orgs"] as const;
const subs = ["subaccounts"] as const;

/** The organisations that were handed out. */
export function useOrgs(enabled = true) {
  return useQuery({ enabled, queryKey: [...orgs, "list"], queryFn: () => every((cursor) => api.GET("/orgs", { params: { query: { cursor } } })) });
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

export function useRenameOrg(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, ...body }: { name: string; revision: number }) =>
      got(api.PUT("/orgs/{org}", { params: { path: { org: id }, header: ifMatch(revision) }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: orgs }),
  });
}

interface GateDraft { gates: GatesInput; revision: number }

/** Sets gates as they were seen; gates have no address to read, so what is stored now stands at the organisation. */
function setGates(org: string, { gates, revision }: GateDraft) {
  const path = { org };
  return got(api.PUT("/orgs/{org}/gates", { params: { path, header: ifMatch(revision) }, body: gates }), async () => {
    const now = await got(api.GET("/orgs/{org}", { params: { path } }));
    return { ...now.gates, revision: now.revision };
  });
}

/** One gate of an organisation. Whoever was faster set another gate, or this one the same way: both stand, so nobody is asked. */
export function useSetGate(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (draft: GateDraft) =>
      setGates(id, draft).catch((err: unknown) => {
        if (!(err instanceof Conflict)) throw err;
        return setGates(id, { ...draft, revision: Number(err.theirs["revision"]) });
      }),
    onSettled: () => client.invalidateQueries({ queryKey: orgs }),
  });
}

/** The credits of an organisation, over the number that was seen. */
export function useSetCredits(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ credits, revision }: { credits: number; revision: number }) => setGates(id, { gates: { credits }, revision }),
    onSuccess: () => client.invalidateQueries({ queryKey: orgs }),
  });
}

export function useSendOrgLink(id: string) {
  return useMutation({ mutationFn: () => got(api.POST("/orgs/{org}/link", { params: { path: { org: id } } })) });
}

export function useRemoveOrg() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revision }: Seen) => got(api.DELETE("/orgs/{org}", { params: { path: { org: id }, header: ifMatch(revision) } })),
    onError: () => void client.invalidateQueries({ queryKey: orgs }),
    onSuccess: () => client.invalidateQueries({ queryKey: [...orgs, "list"] }),
  });
}

/** The sub-installers of the organisation. */
export function useSubAccounts() {
  return useQuery({ queryKey: subs, queryFn: () => every((cursor) => api.GET("/subaccounts", { params: { query: { cursor } } })) });
}

export interface SubDraft { id?: string; revision?: number; username: string; email: string; phone: string }

export function useSaveSub() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revision, ...body }: SubDraft) =>
      id
        ? got(api.PUT("/subaccounts/{account}", { params: { path: { account: id }, header: ifMatch(revision) }, body }))
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
    mutationFn: ({ id, revision }: Seen) => got(api.DELETE("/subaccounts/{account}", { params: { path: { account: id }, header: ifMatch(revision) } })),
    onSettled: () => client.invalidateQueries({ queryKey: subs }),
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
export type FormValues = Record<string, string | boolean | number> & { revision: number };
interface Filled { form: Record<string, string | boolean>; revision: number }

/** A form with its revision among its values. */
async function readForm(name: FormName): Promise<FormValues> {
  return flat((await got(api.GET(`/org/forms/${name}` as "/org/forms/service"))) as unknown as Filled);
}

const flat = ({ form, revision }: Filled): FormValues => ({ ...form, revision });

/** One form of the organisation; the API checks what it holds. */
export function useOrgForm(name: FormName) {
  return useQuery({
    queryKey: ["org", "forms", name],
    queryFn: () => readForm(name),
  });
}

export function useSaveOrgForm(name: FormName) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ revision, ...values }: FormValues) => {
      const body = values as never;
      const saved = await got(api.PUT(`/org/forms/${name}` as "/org/forms/service", { params: { header: ifMatch(revision) }, body }), () => readForm(name));
      return flat(saved as unknown as Filled);
    },
    onSuccess: (saved) => client.setQueryData(["org", "forms", name], saved),
  });
}
