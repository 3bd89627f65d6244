import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, got } from "./client";
import { keys } from "./keys";
import { useRemoving } from "./saving";
import type { Candidate, Claim } from "./types";

function agentsOf(site: string) {
  return every(() => api.GET("/sites/{site}/agents", { params: { path: { site } } }));
}

export function useAgents(site: string, options: { every?: number } = {}) {
  return useQuery({ queryKey: keys.of(site, "agents"), queryFn: () => agentsOf(site), refetchInterval: options.every });
}

export function useRevokeAgent(site: string) {
  return useRemoving(site, "agents", ({ id }) => got(api.DELETE("/sites/{site}/agents/{agent}", { params: { path: { site, agent: id } } })));
}

/** A claim in the making, kept while it lives so that going away and back shows the same code. */
export interface OpenClaim extends Claim { known: string[] }

export function useOpenClaim(site: string) {
  return useQuery<OpenClaim | null>({ queryKey: keys.of(site, "claim"), queryFn: () => null, staleTime: Infinity, gcTime: Infinity });
}

export function useNewClaim(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (): Promise<OpenClaim> => {
      const agents = await agentsOf(site);
      const claim = await got(api.POST("/sites/{site}/claims", { params: { path: { site } } }));
      return { ...claim, known: agents.map((a) => a.id) };
    },
    onSuccess: (claim) => client.setQueryData(keys.of(site, "claim"), claim),
  });
}

/** Devices that an agent sees, with how they stand to the site. */
export function useCandidates(site: string) {
  return useQuery({ queryKey: keys.of(site, "candidates"), queryFn: () => every(() => api.GET("/sites/{site}/candidates", { params: { path: { site } } })) });
}

/** How many found devices could be registered here. */
export const registrable = (found: Candidate[] | undefined) => (found ?? []).filter((c) => c.standing === "available" || c.standing === "unregistered").length;
