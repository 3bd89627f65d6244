import { useQuery } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
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
