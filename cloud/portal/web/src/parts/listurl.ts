import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { listQuery, narrowed, readLook, relook, samePlace, writeLook, type ListQuery, type Look, type Looks, type Sort } from "../words/listurl";
import { keepLines, keptLines } from "../words/paging";

interface ListURLOptions extends Looks {
  /** The name under which the list remembers its lines per page. */
  name: string;
  perPage?: number;
}

/** A look at a list that the server cuts into pages, kept in the address. */
export interface ListURL extends Look {
  lines: number;
  /** What the API is asked, beside the filters. */
  query: ListQuery;
  /** What stands in the search box; `q` follows when the typing rests. */
  typed: string;
  /** Whether words or filters leave rows out. */
  narrowed: boolean;
  type: (words: string) => void;
  sortBy: (sort: Sort) => void;
  /** 0 first. */
  goTo: (page: number) => void;
  setLines: (lines: number) => void;
  /** An empty value switches the filter off. */
  filter: (name: string, value: string) => void;
  /** Takes words and filters away. */
  clear: () => void;
}

const rest = 250; // ms without typing after which the server is asked

/**
 * Keeps search, sort, page and filters of a list in the address: it can be shared, opened beside, and come back to. The address leads: a link to the same
 * page with other values shows those. Lines per page are the reader's own and stay in the browser.
 */
export function useListURL({ name, perPage = 10, ...looks }: ListURLOptions): ListURL {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const look = readLook(search, looks);
  const [lines, setLines] = useState(() => keptLines(name, perPage));
  // What stands in the address by then may be newer than what is drawn here.
  const go = (change: (now: Look) => Partial<Look>) => {
    const next = (old: Record<string, unknown>) => {
      const now = readLook(old, looks);
      return { ...old, ...writeLook(relook(now, change(now)), looks) };
    };
    return navigate({ to: ".", search: next as never, replace: true, resetScroll: false });
  };
  const box = useBox(look.q, (q) => go(() => ({ q })));
  return {
    ...look,
    lines,
    query: listQuery(look, lines),
    typed: box.typed,
    narrowed: narrowed(look),
    type: box.type,
    sortBy: (sort) => void go(() => ({ sort })),
    goTo: (page) => void go(() => ({ page })),
    setLines: (n) => {
      keepLines(name, n);
      setLines(n);
      void go((now) => ({ page: samePlace(now.page, lines, n) }));
    },
    filter: (key, value) => void go((now) => ({ filters: { ...now.filters, [key]: value } })),
    clear: () => {
      box.reset();
      void go(() => ({ q: "", filters: {} }));
    },
  };
}

/** The words in a search box: ahead of the address while one types, otherwise what the address says. */
function useBox(q: string, send: (q: string) => Promise<void>) {
  const [typed, setTyped] = useState(q);
  const ahead = useRef(false);
  const sendLater = useDebouncedCallback((words: string) => {
    void send(words).finally(() => {
      if (!sendLater.isPending()) ahead.current = false;
    });
  }, rest);
  useEffect(() => {
    if (!ahead.current) setTyped(q);
  }, [q]);
  const type = (words: string) => {
    ahead.current = true;
    setTyped(words);
    sendLater(words);
  };
  const reset = () => {
    sendLater.cancel();
    ahead.current = false;
    setTyped("");
  };
  return { typed, type, reset };
}
