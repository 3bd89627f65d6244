import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export type Keyring = components["schemas"]["Keyring"];
export type KeyCard = components["schemas"]["KeyCard"];

/** Whose keys they are. */
interface Whose { site: string; person: string }

const key = ({ site, person }: Whose) => [...keys.of(site, "people"), "keys", person] as const;

/** What a person opens doors with; never the PIN or the number of a card. */
export function useKeyring(of: Whose) {
  return useQuery({ queryKey: key(of), queryFn: () => got(api.GET("/sites/{site}/people/{person}/keys", { params: { path: of } })) });
}

/** An act on the keys of a person, after which they are read again. */
function useAct<V, T>(of: Whose, act: (value: V) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: act, onSettled: () => void client.invalidateQueries({ queryKey: key(of) }), gcTime: 0 });
}

/** Gives a person a PIN, a drawn one when none was chosen, and tells it this once. */
export function useSetPIN(of: Whose) {
  return useAct(of, ({ pin, revision }: { pin: string; revision?: number }) =>
    got(api.POST("/sites/{site}/people/{person}/keys/pin", { params: { path: of, header: ifMatch(revision) }, body: pin ? { pin } : {} })));
}

export function useDropPIN(of: Whose) {
  return useAct(of, () => got(api.DELETE("/sites/{site}/people/{person}/keys/pin", { params: { path: of } })));
}

export interface CardValues { number: string; format: string; name: string }

export function useAddCard(of: Whose) {
  return useAct(of, (body: CardValues) => got(api.POST("/sites/{site}/people/{person}/keys/cards", { params: { path: of }, body })));
}

export function useDropCard(of: Whose) {
  return useAct(of, (card: string) => got(api.DELETE("/sites/{site}/people/{person}/keys/cards/{card}", { params: { path: { ...of, card } } })));
}
