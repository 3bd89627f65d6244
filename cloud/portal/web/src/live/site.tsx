import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { keys, type Noun } from "../api/keys";
import type { LogRow } from "../api/types";
import { belongs, holds, isRow, withRow } from "./rows";
import { SiteStream, type LiveMessage } from "./stream";

export interface LiveState {
  up: boolean;
  /** Since when the stream is lost; undefined while it is up or opening for the first time. */
  lostSince?: Date;
}

const Live = createContext<LiveState>({ up: false });

/** Ids of rows that arrived while the page was open: they glow once. */
const fresh = new Set<string>();

/** Whether a row arrived live and has not been seen yet; asking takes the mark away after a while. */
export function isFresh(id: string): boolean {
  return fresh.has(id);
}

export function useLive(): LiveState {
  return useContext(Live);
}

/** Opens the live stream of a site and keeps what is in memory true. */
export function LiveSite({ site, children }: { site: string; children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>({ up: false });
  useEffect(() => {
    const again = new ReadAgain(client, site);
    const stream = new SiteStream(`/api/v1/sites/${site}/stream`, {
      message: (m) => take(client, site, m, again),
      up: (missed) => {
        setState({ up: true });
        if (missed) void client.invalidateQueries({ queryKey: keys.site(site) });
      },
      lost: (since) => {
        setState({ up: false, lostSince: since });
        // A session that ended looks like a lost stream: asking who we are tells them apart.
        void client.invalidateQueries({ queryKey: keys.me });
      },
    });
    return () => {
      stream.close();
      again.stop();
    };
  }, [client, site]);
  return <Live value={state}>{children}</Live>;
}

const concerned: Record<string, Noun[]> = {
  presence: ["agents", "head", "walk", "measured"],
  receipt: ["devices", "head", "agents", "walk"],
  version: ["head", "agents", "buildings", "apartments", "people", "groups", "devices", "boards", "departments", "companies", "accessgroups", "walk", "trunk", "measured"],
  candidate: ["candidates"],
  trunk: ["trunk"],
  reach: ["measured"],
  command: ["orders"],
  remote_session: ["remote"],
};

const byEvent: Record<string, Noun[]> = {
  device_status: ["devices", "walk"],
  discovery: ["candidates", "devices"],
  config: ["devices", "agents", "head", "walk"],
  call: ["calls"],
  board_state: ["boardstates"],
};

function take(client: QueryClient, site: string, m: LiveMessage, again: ReadAgain) {
  if (m.kind === "reset") {
    void client.invalidateQueries({ queryKey: keys.site(site) });
    return;
  }
  if (m.kind === "event") {
    if (isRow(m.data)) {
      addRow(client, site, m.data);
      again.add(byEvent[m.data.kind] ?? []);
    } else again.add(["events"]);
    return;
  }
  again.add(concerned[m.kind] ?? []);
}

function addRow(client: QueryClient, site: string, row: LogRow) {
  const lists = client.getQueryCache().findAll({ queryKey: keys.of(site, "events") });
  // The stream begins a little before the page: what its lists hold already is not new.
  if (!lists.some((query) => holds(query.state.data as never, row))) {
    fresh.add(row.id);
    setTimeout(() => fresh.delete(row.id), 4_000);
  }
  for (const query of lists) {
    const asked = query.queryKey[3] as Record<string, string> | undefined;
    if (asked && belongs(row, asked)) client.setQueryData(query.queryKey, (old) => withRow(old as never, row));
  }
}

/** Collects what is old for a moment, so that a burst of messages reads each list once. */
class ReadAgain {
  private readonly nouns = new Set<Noun>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly site: string,
  ) {}

  add(nouns: Noun[]) {
    if (nouns.length === 0) return;
    for (const n of nouns) this.nouns.add(n);
    this.timer ??= setTimeout(() => this.flush(), 150);
  }

  stop() {
    clearTimeout(this.timer);
  }

  private flush() {
    this.timer = undefined;
    for (const n of this.nouns) void this.client.invalidateQueries({ queryKey: keys.of(this.site, n) });
    if (this.nouns.has("head")) void this.client.invalidateQueries({ queryKey: keys.sites });
    this.nouns.clear();
  }
}
