import { hashKey, useQuery } from "@tanstack/react-query";
import type { ListQuery } from "../words/listurl";
import type { Page } from "./types";

interface Asked {
  query: ListQuery;
  filters: Record<string, string>;
}

/**
 * One page of a list that the server searches, sorts and cuts, as `useListURL` asks for it. `list` is the key of the whole list: what makes that old makes
 * its pages old. The page before stays in sight, marked as placeholder, until this one is here; that of another list does not.
 */
export function usePaged<T>(list: readonly unknown[], { query, filters }: Asked, read: (query: ListQuery, filters: Record<string, string>) => Promise<Page<T>>) {
  const pages = [...list, "pages"];
  return useQuery({
    queryKey: [...pages, query, filters],
    queryFn: () => read(query, filters),
    placeholderData: (before, of) => (of && hashKey(of.queryKey.slice(0, -2)) === hashKey(pages) ? before : undefined),
  });
}
