import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { every, most } from "./client";
import { keys, type Noun } from "./keys";
import type { Seen } from "./types";

interface PartOfSite { path: { site: string }; query: { cursor?: string; limit: number } }

/** All things of a kind that a site has; `part` reads those from a cursor on. */
export function allOf<T>(site: string, noun: Noun, part: (params: PartOfSite) => ReturnType<Parameters<typeof every<T>>[0]>) {
  return { queryKey: keys.of(site, noun), queryFn: () => every<T>((cursor) => part({ path: { site }, query: { cursor, limit: most } })) };
}

/**
 * After an edit: the list shows the saved thing at once, the rest of the site is read again.
 *
 * A save that names the revision it was opened with, `PUT … { header: ifMatch(revision) }`, cannot undo what somebody else saved meanwhile: `got`
 * then throws a Conflict that holds what is stored now, and `useSending` (parts/form.tsx) lets the person choose. Take `({ id, revision, ...body })`
 * from the draft and keep `revision` among the form's values; there is nothing else to do.
 */
export function useSaving<D, T extends { id: string }>(site: string, noun: Noun, save: (draft: D) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: save,
    onSuccess: (saved) => {
      client.setQueryData<T[]>(keys.of(site, noun), (old) => {
        if (!old) return old;
        return old.some((x) => x.id === saved.id) ? old.map((x) => (x.id === saved.id ? saved : x)) : [...old, saved];
      });
      readAgain(client, site);
    },
  });
}

/**
 * After a deletion: the thing is gone from its list at once, the rest of the site is read again; so it is after one that was refused, since then
 * somebody else was there. `remove` names the revision that was seen, `DELETE … { header: ifMatch(revision) }`, and `Confirm` does the rest.
 */
export function useRemoving(site: string, noun: Noun, remove: (seen: Seen) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: remove,
    onSuccess: (_, { id }) => {
      client.setQueryData<{ id: string }[]>(keys.of(site, noun), (old) => old?.filter((x) => x.id !== id));
    },
    onSettled: () => readAgain(client, site),
  });
}

function readAgain(client: QueryClient, site: string) {
  void client.invalidateQueries({ queryKey: keys.site(site) });
  void client.invalidateQueries({ queryKey: keys.sites });
}
