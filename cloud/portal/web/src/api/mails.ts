import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got } from "./client";
import type { components, paths } from "./schema";

export type Mail = components["schemas"]["Mail"];
/** The letters there are. */
export type MailKind = NonNullable<NonNullable<paths["/mails/preview"]["get"]["parameters"]["query"]>["kind"]>;
export type Suppression = components["schemas"]["MailSuppression"];

const key = ["mails"] as const;

/** The newest mails of the outbox. */
export function useMails() {
  return useQuery({ queryKey: [...key, "list"], queryFn: async () => (await got(api.GET("/mails", { params: { query: { limit: 1000 } } }))).items });
}

export function useMailState() {
  return useQuery({ queryKey: [...key, "state"], queryFn: () => got(api.GET("/mails/state")) });
}

export function useMailKinds() {
  return useQuery({ queryKey: [...key, "kinds"], queryFn: () => got(api.GET("/mails/kinds")) });
}

/** A letter with sample values; the one before stays while the next is read. */
export function useLetter(kind: string, language: string) {
  return useQuery({
    queryKey: [...key, "letter", kind, language],
    queryFn: () => got(api.GET("/mails/preview", { params: { query: { kind: kind as MailKind, language } } })),
    staleTime: Infinity,
    placeholderData: (before) => before,
  });
}

export function useSuppressions() {
  return useQuery({ queryKey: [...key, "suppressions"], queryFn: async () => (await got(api.GET("/mails/suppressions"))).items });
}

export function useTryMail() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (address: string) => got(api.POST("/mails/try", { body: { address } })),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}

export function useAllowAddress() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (address: string) => got(api.DELETE("/mails/suppressions", { params: { query: { address } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}
