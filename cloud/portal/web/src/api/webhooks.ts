import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import type { components } from "./schema";
import type { Draft, Seen } from "./types";

export type Webhook = components["schemas"]["Webhook"];
export type Delivery = components["schemas"]["WebhookDelivery"];
export type DeliveryState = Delivery["state"];
export type WebhookDraft = Pick<Draft<Webhook>, "id" | "revision" | "name" | "url" | "enabled"> & { kinds: string[] };

/** What a webhook can ask for. */
export const webhookKinds = [
  "door.opened", "door.refused", "door.failed", "call.ended", "device.online", "device.offline", "agent.online", "agent.offline", "audit",
] as const;

const key = ["webhooks"] as const;

function readAgain(client: QueryClient) {
  return client.invalidateQueries({ queryKey: key });
}

/** The webhooks of the organisation. */
export function useWebhooks() {
  return useQuery({ queryKey: [...key, "list"], queryFn: async () => (await got(api.GET("/webhooks"))).items });
}

export function useWebhook(id: string) {
  return useQuery({ queryKey: [...key, "one", id], queryFn: () => got(api.GET("/webhooks/{webhook}", { params: { path: { webhook: id } } })) });
}

/** Saves a webhook; a new one comes back with its secret, which is told this once. */
export function useSaveWebhook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, revision, ...body }: WebhookDraft): Promise<Webhook & { secret?: string }> =>
      id
        ? got(api.PUT("/webhooks/{webhook}", { params: { path: { webhook: id }, header: ifMatch(revision) }, body }))
        : got(api.POST("/webhooks", { body })),
    onSuccess: () => readAgain(client),
  });
}

export function useRemoveWebhook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revision }: Seen) => got(api.DELETE("/webhooks/{webhook}", { params: { path: { webhook: id }, header: ifMatch(revision) } })),
    onError: () => readAgain(client),
    onSuccess: (_, { id }) => {
      client.removeQueries({ queryKey: [...key, "one", id] });
      client.removeQueries({ queryKey: [...key, "log", id] });
      return client.invalidateQueries({ queryKey: [...key, "list"] });
    },
  });
}

export function useRenewSecret(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => got(api.POST("/webhooks/{webhook}/secret", { params: { path: { webhook: id } } })),
    onSuccess: () => readAgain(client),
  });
}

export function useTryWebhook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => got(api.POST("/webhooks/{webhook}/try", { params: { path: { webhook: id } } })),
    onSuccess: () => readAgain(client),
  });
}

export function useRetryDelivery(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (delivery: string) => got(api.POST("/webhooks/{webhook}/deliveries/{delivery}/retry", { params: { path: { webhook: id, delivery } } })),
    onSuccess: () => readAgain(client),
  });
}

/** What a webhook was sent, newest first; read again while something is on its way. */
export function useDeliveries(id: string, state: DeliveryState | "") {
  return useInfiniteQuery({
    queryKey: [...key, "log", id, state],
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/webhooks/{webhook}/deliveries", {
          params: { path: { webhook: id }, query: { ...(state && { state }), ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    refetchInterval: (q) => (q.state.data?.pages[0]?.items.some((d) => d.state === "waiting") ? 2_000 : 20_000),
  });
}
