import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export type Me = components["schemas"]["Me"];
export type MeDraft = components["schemas"]["MeInput"];
export type LinkState = components["schemas"]["LinkState"];
export type Policy = components["schemas"]["Policy"];

/** The account that is signed in. */
export const meQuery = { queryKey: keys.me, queryFn: () => got(api.GET("/me")), staleTime: 5 * 60_000, retry: false } as const;

export function useMe() {
  return useQuery(meQuery);
}

/** The account that is signed in, or null: for pages that stand open to everybody. */
export function useMaybeMe() {
  return useQuery({ queryKey: ["maybe", "me"], queryFn: () => got(api.GET("/me")).catch(() => null), retry: false });
}

/** Whether the server still waits for its first account. */
export function useSetupOpen() {
  return useQuery({ queryKey: keys.setup, queryFn: () => got(api.GET("/setup")), retry: false });
}

/** Somebody else is signed in now: nothing that was read before counts. */
function arrive(client: QueryClient) {
  client.clear();
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { login: string; password: string }) => got(api.POST("/session", { body })),
    onSuccess: () => arrive(client),
  });
}

export function useSetUp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { token: string; email: string; password: string; name: string; organisation: string }) =>
      got(api.POST("/setup", { body })),
    onSuccess: () => arrive(client),
  });
}

/** Ends the session, also one that waits for its second step, and goes where one signs in. */
export function useSignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { mutateAsync } = useMutation({ mutationFn: () => got(api.DELETE("/session")), onSettled: () => client.clear() });
  return async () => {
    await mutateAsync().catch(() => undefined);
    await navigate({ to: "/sign-in" });
  };
}

/** A step of sign-in or of the own profile that answers who is signed in now. */
function useMeStep<V>(step: (values: V) => Promise<Me>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: step, onSuccess: (me) => client.setQueryData(keys.me, me) });
}

export function useSendCode() {
  return useMutation({ mutationFn: () => got(api.POST("/session/factor/code")) });
}

export function useShowFactor() {
  return useMeStep((body: { method: "email" | "totp" | "recovery"; code: string }) => got(api.POST("/session/factor", { body })));
}

/** Agrees to the policy. */
export function useAgree() {
  return useMeStep((version: number) => got(api.POST("/session/consent", { body: { version, agree: true } })));
}

/** Disagrees, which ends the session: what comes back is that nobody is signed in. */
export function useDisagree() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (version: number) => api.POST("/session/consent", { body: { version, agree: false } }),
    onSettled: () => client.clear(),
  });
}

export function useGiveEmail() {
  return useMeStep((email: string) => got(api.POST("/session/email", { body: { email } })));
}

/** What a single-use link is for; it is not used up by looking. */
export function useLink(token: string) {
  return useQuery({
    queryKey: ["link", token],
    queryFn: () => got(api.POST("/links/check", { body: { token } })),
    enabled: token !== "",
    retry: false,
    staleTime: Infinity,
  });
}

export function useActivate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { token: string; password: string; username?: string }) => got(api.POST("/links/activate", { body })),
    onSuccess: () => arrive(client),
  });
}

export function useRecover() {
  return useMutation({ mutationFn: (login: string) => got(api.POST("/links/reset", { body: { login } })) });
}

export function useResetPassword() {
  return useMutation({ mutationFn: (body: { token: string; password: string }) => got(api.POST("/links/password", { body })) });
}

export function useConfirmEmail() {
  return useMutation({ mutationFn: (token: string) => got(api.POST("/links/email", { body: { token } })) });
}

/** The privacy policy, with the provider that the organisation named. A version that must be shown is not answered by an older one kept here. */
export function usePolicy(org?: string, version?: number) {
  return useQuery({ queryKey: ["policy", org ?? "", version ?? 0], queryFn: () => got(api.GET("/policy", { params: { query: { org } } })) });
}

export function usePublishPolicy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: string) => got(api.POST("/policy", { body: { body } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["policy"] }),
  });
}

export function useSaveMe() {
  return useMeStep(({ revision, ...body }: MeDraft & { revision?: number }) =>
    got(api.PUT("/me", { params: { header: ifMatch(revision) }, body })),
  );
}

/** Checks the old password, or changes it when there is a new one. */
export function useChangePassword() {
  return useMutation({ mutationFn: (body: { old: string; new: string }) => got(api.POST("/me/password", { body })) });
}

export function useChangeEmail() {
  return useMutation({ mutationFn: (body: { email: string; password: string }) => got(api.POST("/me/email", { body })) });
}

export function useReminded() {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => got(api.POST("/me/reminded")), onSettled: () => client.invalidateQueries({ queryKey: keys.me }) });
}

export type Provider = components["schemas"]["ServiceForm"];

/** The service provider information of the own organisation (ACC-08); revision 0: never filled in. */
export function useProvider(enabled: boolean) {
  return useQuery({ queryKey: ["provider"], queryFn: () => got(api.GET("/org/forms/service")), enabled, retry: false });
}

export function useSaveProvider() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Provider) => got(api.PUT("/org/forms/service", { body })),
    onSuccess: () => client.removeQueries({ queryKey: ["provider"] }),
  });
}
