import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, got } from "./client";
import { keys } from "./keys";
import { asProblem } from "./problem";
import type { Me } from "./account";
import type { components } from "./schema";

export type OwnAccess = components["schemas"]["OwnAccess"];
export type Grant = components["schemas"]["Grant"];

const accessKey = ["access"] as const;

/** Who may be inside the own organisation, and who is; read only by those who may decide it. */
export function useAccess(enabled = true) {
  return useQuery({ queryKey: accessKey, queryFn: () => got(api.GET("/org/access")), enabled, refetchInterval: 30_000 });
}

export function useGiveAccess() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { hours: number; writes: boolean }) => got(api.POST("/org/access", { body })),
    onSuccess: (access) => client.setQueryData(accessKey, access),
  });
}

export function useEndAccess() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => got(api.DELETE("/org/access")),
    onSuccess: () => client.invalidateQueries({ queryKey: accessKey }),
  });
}

/** One is somewhere else now: what was read with the eyes of before is forgotten. */
export function arriveAs(client: QueryClient, me: Me) {
  client.setQueryData(keys.me, me);
  void client.resetQueries({ predicate: (q) => q.queryKey[0] !== keys.me[0] });
}

function useMoving<V>(move: (values: V) => Promise<Me>) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: move,
    onSuccess: async (me) => {
      arriveAs(client, me);
      await navigate({ to: "/" });
    },
  });
}

export function useEnter() {
  return useMoving((org: string) => got(api.POST("/orgs/{org}/enter", { params: { path: { org } } })));
}

export function useBreakGlass() {
  return useMoving(({ org, ...body }: { org: string; reason: string; minutes: number; writes: boolean }) =>
    got(api.POST("/orgs/{org}/break-glass", { params: { path: { org } }, body })),
  );
}

/** Leaves the organisation one entered; leave that has just ended is the same way home. */
export function useLeave() {
  return useMoving(() => got(api.DELETE("/entry")).catch(() => whoAmI()));
}

/** Who one is now. The first answer after leave ended says only that; the next one is from home. */
export async function whoAmI(): Promise<Me> {
  try {
    return await got(api.GET("/me"));
  } catch (err) {
    if (asProblem(err).status !== 403) throw err;
    return got(api.GET("/me"));
  }
}
