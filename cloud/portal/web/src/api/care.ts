import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Order } from "../words/care";
import { api, got } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export type CareOutcome = components["schemas"]["Outcome"];
export type RemoteView = components["schemas"]["View"];

/** Gives an order to a device; what comes of it is asked for until it is known. */
export function giveOrder(site: string, device: string, order: Order) {
  const params = { path: { site, device }, header: { "Idempotency-Key": crypto.randomUUID() } };
  return got(order === "reset" ? api.POST("/sites/{site}/devices/{device}/reset", { params }) : api.POST("/sites/{site}/devices/{device}/reboot", { params }));
}

/** An order as it stands; asked for again while it has no result. */
export function useOrder(site: string, given: CareOutcome | undefined) {
  return useQuery({
    enabled: Boolean(given),
    queryKey: [...keys.of(site, "orders"), given?.command_id],
    queryFn: () => got(api.GET("/sites/{site}/commands/{command}", { params: { path: { site, command: given?.command_id ?? "" } } })),
    initialData: given,
    refetchInterval: (q) => (q.state.data?.result ? false : 1500),
  });
}

/** The open sessions of Remote Control, and why there are none. */
export function useRemoteSessions(site: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: keys.of(site, "remote"),
    queryFn: () => got(api.GET("/sites/{site}/remote-sessions", { params: { path: { site } } })),
    refetchInterval: (q) => (q.state.data?.items.length ? 5000 : false),
  });
}

function useChanged(site: string) {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: keys.of(site, "remote") });
}

export function useOpenRemote(site: string) {
  return useMutation({
    mutationFn: (device: string) => got(api.POST("/sites/{site}/devices/{device}/remote-session", { params: { path: { site, device } } })),
    onSettled: useChanged(site),
  });
}

export function useEndRemote(site: string) {
  return useMutation({
    mutationFn: (session: string) => got(api.DELETE("/sites/{site}/remote-sessions/{session}", { params: { path: { site, session } } })),
    onSettled: useChanged(site),
  });
}

/** Opens the pages of a session in a tab of their own. The ticket goes in the body of a form, so it stands in no address. */
export async function enterRemote(site: string, session: string) {
  const ticket = await got(api.POST("/sites/{site}/remote-sessions/{session}/ticket", { params: { path: { site, session } } }));
  const form = document.createElement("form");
  form.method = "post";
  form.action = ticket.address;
  form.target = "_blank";
  form.rel = "noopener";
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "ticket";
  field.value = ticket.ticket;
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}
