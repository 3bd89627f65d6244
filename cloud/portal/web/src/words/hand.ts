import type { Agent, Building, Candidate, Device } from "../api/types";
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
  agents: Agent[];
  devices: Device[];
  candidates: Candidate[];
  buildings: Building[];
  when: (at: string) => string;
}

/** What needs a hand today, the gravest first. Devices say nothing about themselves while no agent is connected. */
export function hands({ agents, devices, candidates, buildings, when }: Facts): Hand[] {
  const out: Hand[] = [];
  for (const a of agents) {
    if (a.presence.state === "online" || a.presence.state === "quiet") continue;
    const state = agentState(a).word.toLowerCase();
    const text = t("overview.agent_down", { name: a.name, state, time: when(a.presence.since) });
    out.push({ key: `agent-${a.id}`, tone: "bad", text, more: t("overview.agent_down_body"), act: t("overview.agent_act"), to: "/sites/$site/agents" });
  }
  const failed = devices.filter((d) => d.status.receipt.state === "failed");
  const list = "/sites/$site/devices";
  if (failed.length > 0) {
    out.push({
      key: "failed", tone: "bad", text: tn("overview.failed", failed.length), act: t("overview.open_act"), to: list, search: { receipt: "open" },
      names: names(failed),
    });
  }
  const silent = devices.filter((d) => !d.status.online);
  if (silent.length > 0) {
    out.push({
      key: "silent", tone: "bad", text: tn("overview.offline", silent.length), act: t("overview.offline_act"), to: list, search: { status: "offline" },
      names: names(silent),
    });
  }
  const open = devices.filter((d) => isOpen(d) && d.status.receipt.state !== "failed");
  if (open.length > 0) {
    out.push({
      key: "open", tone: "warn", text: tn("overview.open", open.length), act: t("overview.open_act"), to: list, search: { receipt: "open" }, names: names(open),
    });
  }
  if (candidates.length > 0) {
    out.push({ key: "found", tone: "warn", text: tn("overview.found", candidates.length), act: t("overview.found_act"), to: "/sites/$site/found" });
  }
  if (buildings.length === 0) {
    out.push({
      key: "buildings", tone: "off", text: t("overview.no_building"), more: t("overview.no_building_body"), act: t("overview.no_building_act"),
      to: "/sites/$site/buildings",
    });
  }
  return out;
}

/** Whether the newest edit is not read back equal yet. */
export function isOpen(d: Device): boolean {
  const r = d.status.receipt;
  return r.state !== "manual" && (r.state !== "applied" || r.version < r.wanted_version);
}

function names(devices: Device[]): string[] {
  return devices.length <= 3 ? devices.map((d) => d.name) : [];
}
