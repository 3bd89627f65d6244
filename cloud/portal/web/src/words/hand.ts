import type { ReceiptWalk } from "../api/overview";
import type { Agent, Site } from "../api/types";
import { t, tn } from "../text/t";
import { agentState, type Tone } from "./tone";

/** One thing of a site that wants a hand, with the page of its one next act. */
export interface Hand {
  key: string;
  tone: Tone;
  text: string;
  more?: string;
  act: string;
  to: string;
  search?: Record<string, string>;
  /** Devices behind it, when it is about few enough to name. */
  names?: string[];
}

interface Facts {
  site: Pick<Site, "kind" | "counts">;
  agents: Agent[];
  /** How far the newest edit has come; it knows who does not answer. */
  walk: Pick<ReceiptWalk, "counts" | "items">;
  /** How many devices were found and are not registered. */
  found: number;
  /** How many apartments have a service that ended. */
  expired: number;
  when: (at: string) => string;
}

/** What needs a hand today, the gravest first. Devices say nothing about themselves while no agent is connected. */
export function hands({ site, agents, walk: { counts, items }, found, expired, when }: Facts): Hand[] {
  const out: Hand[] = [];
  for (const a of agents) {
    if (a.presence.state === "online" || a.presence.state === "quiet") continue;
    const state = agentState(a).word.toLowerCase();
    const text = t("overview.agent_down", { name: a.name, state, time: when(a.presence.since) });
    out.push({ key: `agent-${a.id}`, tone: "bad", text, more: t("overview.agent_down_body"), act: t("overview.agent_act"), to: "/sites/$site/agents" });
  }
  const list = "/sites/$site/devices";
  const open = counts.saved + counts.held + counts.written;
  const devices = (key: "failed" | "offline" | "open", n: number, fits: (d: Walker) => boolean): Hand => ({
    key, tone: key === "open" ? "warn" : "bad", text: tn(`overview.${key}`, n), act: t(key === "offline" ? "overview.offline_act" : "overview.open_act"), to: list,
    search: key === "offline" ? { status: "offline" } : { receipt: "open" }, names: names(items.filter(fits), n),
  });
  if (counts.failed > 0) out.push(devices("failed", counts.failed, (d) => d.receipt.state === "failed"));
  if (counts.offline > 0) out.push(devices("offline", counts.offline, (d) => !d.online));
  if (open > 0) out.push(devices("open", open, (d) => ["saved", "held", "written"].includes(d.receipt.state)));
  if (found > 0) out.push({ key: "found", tone: "warn", text: tn("overview.found", found), act: t("overview.found_act"), to: "/sites/$site/found" });
  if (expired > 0) {
    out.push({ key: "expired", tone: "warn", text: tn("overview.expired", expired), act: t("overview.expired_act"), to: "/sites/$site/buildings/all", search: { active: "expired" } });
  }
  return [...out, ...first(site)];
}

type Walker = ReceiptWalk["items"][number];

/** What a site of a kind begins with, while it has none. */
function first({ kind, counts }: Facts["site"]): Hand[] {
  if (kind === "community" && counts.buildings === 0) {
    return [{
      key: "buildings", tone: "off", text: t("overview.no_building"), more: t("overview.no_building_body"), act: t("overview.no_building_act"), to: "/sites/$site/buildings",
    }];
  }
  if (kind !== "community" && counts.people === 0) {
    return [{ key: "people", tone: "off", text: t("overview.no_people"), more: t("overview.no_people_body"), act: t("overview.no_people_act"), to: "/sites/$site/people" }];
  }
  return [];
}

/** The names of those it is about, when they are few and all are known. */
function names(devices: Walker[], n: number): string[] {
  return n <= 3 && devices.length === n ? devices.map((d) => d.name) : [];
}
