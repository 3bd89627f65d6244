import { useQuery } from "@tanstack/react-query";
import { api, every, got, ifMatch } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";
import { allOf, useRemoving, useSaving } from "./saving";
import type { Board, Draft } from "./types";

export type BoardDraft = Draft<Board>;

export function boardsQuery(site: string) {
  return allOf(site, "boards", (params) => api.GET("/sites/{site}/boards", { params }));
}

export function useBoards(site: string) {
  return useQuery(boardsQuery(site));
}

export function useSaveBoard(site: string) {
  return useSaving<BoardDraft, Board>(site, "boards", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/boards/{board}", { params: { path: { site, board: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/boards", { params: { path: { site } }, body })),
  );
}

export function useRemoveBoard(site: string) {
  return useRemoving(site, "boards", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/boards/{board}", { params: { path: { site, board: id }, header: ifMatch(revision) } })),
  );
}

export type BoardState = components["schemas"]["BoardState"];

/** What the relay boards of a site showed last; the live stream makes it old. */
export function useBoardStates(site: string) {
  return useQuery({ queryKey: keys.of(site, "boardstates"), queryFn: () => every(() => api.GET("/sites/{site}/board-states", { params: { path: { site } } })) });
}

/** Puts a relay of a monitor's board on or off. The key makes a repeated send of the same press harmless. */
export function turnRelay(site: string, device: string, channel: number, on: boolean, press: string) {
  const params = { path: { site, device, channel: String(channel) }, header: { "Idempotency-Key": press } };
  return got(api.PUT("/sites/{site}/devices/{device}/external/{channel}", { params, body: { on } }));
}
