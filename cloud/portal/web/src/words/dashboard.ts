import type { Tone } from "./tone";

interface Act {
  tone: Tone;
  /** The page of the one next act. */
  to: string;
  search?: Record<string, string>;
}

const acts: Record<string, Act> = {
  agent_offline: { tone: "bad", to: "/sites/$site/agents" },
  receipts_failed: { tone: "bad", to: "/sites/$site/devices", search: { receipt: "open" } },
  devices_offline: { tone: "bad", to: "/sites/$site/devices", search: { status: "offline" } },
  no_agent: { tone: "warn", to: "/sites/$site/agents/claim" },
  devices_found: { tone: "warn", to: "/sites/$site/found" },
  receipts_open: { tone: "warn", to: "/sites/$site/devices", search: { receipt: "open" } },
  managers_waiting: { tone: "warn", to: "/managers" },
  orgs_waiting: { tone: "warn", to: "/orgs" },
};

/** Where what needs a hand gets it. A kind this version does not know leads to the site. */
export function actOf(kind: string): Act {
  return acts[kind] ?? { tone: "warn", to: "/sites/$site" };
}
