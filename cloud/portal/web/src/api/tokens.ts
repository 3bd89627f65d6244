import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got } from "./client";
import type { components } from "./schema";

export type Token = components["schemas"]["Token"];
export type MadeToken = components["schemas"]["MadeToken"];

const key = ["tokens"] as const;

/** The own API tokens, newest first. */
export function useTokens() {
  return useQuery({ queryKey: key, queryFn: async () => (await got(api.GET("/tokens"))).items });
}

export function useMakeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; scopes: string[]; days: number }) => got(api.POST("/tokens", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => got(api.DELETE("/tokens/{token}", { params: { path: { token: id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}
