import type { Difference, Measured } from "../api/measured";
import { t, word, has } from "../text/t";

const most = 6;

/** The first names, and how many there are besides. */
export function namesOf(things: { name: string }[]): string {
  const names = things.slice(0, most).map((x) => x.name);
  if (things.length > most) names.push(`+${things.length - most}`);
  return names.join(", ");
}

/** The names of agents. */
export function agentsOf(all: Measured, ids: string[]): string {
  return ids.map((id) => all.agents.find((a) => a.id === id)?.name ?? id.slice(-12)).join(", ");
}

/** One difference in a sentence. */
export function differenceWords(d: Difference, all: Measured): string {
  const key = `measured.${d.kind}`;
  if (!has(key)) return word("measured", d.kind);
  const to = d.to && !d.to_id ? t("measured.new", { name: d.to }) : d.to;
  return t(key, { group: d.group, to, devices: namesOf(d.devices), agents: agentsOf(all, d.agents) });
}

/** What of all that was measured is about one network group. */
export function measuredOf(all: Measured, group: string) {
  return {
    networks: all.networks.filter((n) => n.group_id === group),
    differences: all.differences.filter((d) => d.group_id === group || d.to_id === group),
    unheard: all.unheard.filter((d) => d.group_id === group),
  };
}
