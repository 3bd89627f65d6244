import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { assertion, creationOptions, registration, requestOptions } from "../words/passkey";
import { api, got } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export type Factors = components["schemas"]["Factors"];
export type Passkey = components["schemas"]["Passkey"];
export type Session = components["schemas"]["Session"];

const own = { factors: ["factors"], passkeys: ["passkeys"], sessions: ["sessions"] } as const;

/** What is set up beside the password. */
export function useFactors() {
  return useQuery({ queryKey: own.factors, queryFn: () => got(api.GET("/factors")) });
}

function readAgain(client: QueryClient) {
  void client.invalidateQueries({ queryKey: own.factors });
  void client.invalidateQueries({ queryKey: own.passkeys });
  void client.invalidateQueries({ queryKey: keys.me });
}

/** A change of how the account signs in; everything about it is read again. */
function useChanging<V, T>(change: (v: V) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => readAgain(client) });
}

export const useSetEmailFactor = () => useChanging((body: { on: boolean; password?: string }) => got(api.PUT("/factors/email", { body })));

export const useStartTOTP = () => useMutation({ mutationFn: (password?: string) => got(api.POST("/factors/totp", { body: { password } })) });

export const useConfirmTOTP = () => useChanging((code: string) => got(api.POST("/factors/totp/confirm", { body: { code } })));

export const useRemoveTOTP = () => useChanging((password: string) => got(api.DELETE("/factors/totp", { body: { password } })));

export const useRenewRecovery = () => useChanging((password: string) => got(api.POST("/factors/recovery", { body: { password } })));

export function usePasskeys() {
  return useQuery({ queryKey: own.passkeys, queryFn: async () => (await got(api.GET("/passkeys"))).items });
}

/** Makes a passkey: asks the server, then the browser, then tells the server. Errors of the browser are thrown as they are. */
export const useAddPasskey = () =>
  useChanging(async ({ name, password }: { name: string; password?: string }) => {
    const begun = await got(api.POST("/passkeys/begin", { body: { password } }));
    const made = await navigator.credentials.create({ publicKey: creationOptions(begun.options) });
    return got(api.POST("/passkeys", { body: { ceremony: begun.ceremony, name, credential: registration(made as PublicKeyCredential) } }));
  });

export const useRemovePasskey = () =>
  useChanging(({ id, password }: { id: string; password: string }) => got(api.DELETE("/passkeys/{passkey}", { params: { path: { passkey: id } }, body: { password } })));

/** Signs in by passkey: the same answer as by password. */
export async function signInByPasskey() {
  const begun = await got(api.POST("/session/passkey/begin"));
  const used = await navigator.credentials.get({ publicKey: requestOptions(begun.options) });
  return got(api.POST("/session/passkey", { body: { ceremony: begun.ceremony, credential: assertion(used as PublicKeyCredential) } }));
}

export function useSessions() {
  return useQuery({ queryKey: own.sessions, queryFn: async () => (await got(api.GET("/sessions"))).items });
}

/** Signs out in one place; without an id everywhere else. */
export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id?: string) => got(id ? api.DELETE("/sessions/{session}", { params: { path: { session: id } } }) : api.DELETE("/sessions")),
    onSuccess: () => client.invalidateQueries({ queryKey: own.sessions }),
  });
}
