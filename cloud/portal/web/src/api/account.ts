import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, got } from "./client";
import { keys } from "./keys";
import type { Account } from "./types";

/** The account that is signed in. */
export const meQuery = { queryKey: keys.me, queryFn: () => got(api.GET("/me")), staleTime: 5 * 60_000, retry: false } as const;

export function useMe() {
  return useQuery(meQuery);
}

/** Whether the server still waits for its first account. */
export function useSetupOpen() {
  return useQuery({ queryKey: keys.setup, queryFn: () => got(api.GET("/setup")), retry: false });
}

interface Signed { account: Account }

function arrive(client: QueryClient, signed: Signed) {
  client.clear();
  client.setQueryData(keys.me, signed.account);
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string }) => got(api.POST("/session", { body })),
    onSuccess: (signed) => arrive(client, signed),
  });
}

export function useSetUp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { token: string; email: string; password: string; name: string; organisation: string }) =>
      got(api.POST("/setup", { body })),
    onSuccess: (signed) => arrive(client, signed),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => got(api.DELETE("/session")), onSettled: () => client.clear() });
}
