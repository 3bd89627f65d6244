import { useQuery } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { Board } from "./types";

export type BoardDraft = Omit<Board, "id"> & { id?: string };

export function useBoards(site: string) {
  return useQuery({ queryKey: keys.of(site, "boards"), queryFn: () => all<Board>(`/sites/${site}/boards`) });
}

export function useSaveBoard(site: string) {
  return useSaving(site, "boards", ({ id, ...body }: BoardDraft) =>
    id ? request<Board>("PUT", `/sites/${site}/boards/${id}`, { body }) : request<Board>("POST", `/sites/${site}/boards`, { body }),
  );
}

export function useRemoveBoard(site: string) {
  return useRemoving(site, "boards", (id) => request<void>("DELETE", `/sites/${site}/boards/${id}`));
}
