import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export type ResetPlan = components["schemas"]["ResetPlan"];
export type HomeCode = components["schemas"]["HomeCode"];
export type RegisterState = components["schemas"]["RegisterState"];

/** Where a home is. */
interface Home { site: string; apartment: string }

const codeKey = ({ site, apartment }: Home) => ["code", site, apartment] as const;

/** What a reset would do to a home; read anew each time it is asked for. */
export function useResetPlan(home: Home, asked: boolean) {
  return useQuery({
    queryKey: ["reset", home.site, home.apartment],
    queryFn: () => got(api.GET("/sites/{site}/apartments/{apartment}/reset", { params: { path: home } })),
    enabled: asked,
    staleTime: 0,
    gcTime: 0,
  });
}

export function useReset(home: Home) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (revision: number) =>
      got(api.POST("/sites/{site}/apartments/{apartment}/reset", { params: { path: home, header: ifMatch(revision) } }), async () => ({})),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.site(home.site) });
      void client.invalidateQueries({ queryKey: keys.sites });
      void client.invalidateQueries({ queryKey: codeKey(home) });
    },
  });
}

/** The code of a home. Asking is written down in the audit, so it is asked once for each time somebody wants to see it. */
export function useCode(home: Home, asked: boolean) {
  return useQuery({
    queryKey: codeKey(home),
    queryFn: () => got(api.GET("/sites/{site}/apartments/{apartment}/registration", { params: { path: home } })),
    enabled: asked,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export function useNewCode(home: Home) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => got(api.POST("/sites/{site}/apartments/{apartment}/registration", { params: { path: home } })),
    onSuccess: (code) => client.setQueryData(codeKey(home), code),
  });
}

export function useSetKit(home: Home) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ kit, revision }: { kit: boolean; revision: number }) =>
      got(api.PUT("/sites/{site}/apartments/{apartment}/kit", { params: { path: home, header: ifMatch(revision) }, body: { kit } })),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.site(home.site) });
      void client.invalidateQueries({ queryKey: codeKey(home) });
    },
  });
}

export function useResetPerson(site: string) {
  return useMutation({
    mutationFn: (person: string) => got(api.POST("/sites/{site}/people/{person}/reset-password", { params: { path: { site, person } } })),
  });
}

/** Which home a code is for; it is not used up by looking. */
export function useRegisterCode(token: string) {
  return useQuery({
    queryKey: ["register", token],
    queryFn: () => got(api.POST("/links/register/check", { body: { token } })),
    enabled: token !== "",
    retry: false,
    staleTime: Infinity,
  });
}

export function useRegister() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["RegisterInput"]) => got(api.POST("/links/register", { body })),
    onSuccess: () => client.clear(),
  });
}

/** Deletes the own account; the session ends with it. */
export function useDeleteHome() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (password: string) => got(api.POST("/home/delete", { body: { password } })),
    onSuccess: () => client.clear(),
  });
}
