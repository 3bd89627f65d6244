import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import { useRemoving } from "./saving";
import type { Agent, Candidate, Claim } from "./types";

export function useAgents(site: string, options: { every?: number } = {}) {
  return useQuery({ queryKey: keys.of(site, "agents"), queryFn: () => all<Agent>(`/sites/${site}/agents`), refetchInterval: options.every });
}

export function useRevokeAgent(site: string) {
  return useRemoving(site, "agents", (id) => request<void>("DELETE", `/sites/${site}/agents/${id}`));
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
      const agents = await all<Agent>(`/sites/${site}/agents`);
      const claim = await request<Claim>("POST", `/sites/${site}/claims`);
      return { ...claim, known: agents.map((a) => a.id) };
    },
    onSuccess: (claim) => client.setQueryData(keys.of(site, "claim"), claim),
  });
}

/** Devices that an agent sees and the site does not know. */
export function useCandidates(site: string) {
  return useQuery({ queryKey: keys.of(site, "candidates"), queryFn: () => all<Candidate>(`/sites/${site}/candidates`) });
}
