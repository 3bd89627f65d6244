import type { Gates, HandedOut } from "../../api/orgs";
import { t, type Key } from "../../text/t";

/** What the list of organisations is called by who looks: the operator hands accounts to distributors and installers, a distributor to installers alone. */
export const orgsTitle = (role: string | undefined) => (role === "operator" ? t("orgs.title") : t("orgs.installers"));

/** The switches of an organisation, in the order in which they are shown. */
export const distributorGates = ["two_factor", "payment", "account_access", "community_calls", "mac_registration"] as const;
export const operatorGates = ["offline_solution", "automatic_renewal", "dormakaba_locks"] as const;
/** Whether a gate exists in some regions only. */
export const regional = (gate: GateName) => gate === "automatic_renewal" || gate === "dormakaba_locks";

export type GateName = (typeof distributorGates)[number] | (typeof operatorGates)[number];

/** The switches that somebody of a role may set on an organisation of a kind. */
export function gatesOf(role: string, kind: HandedOut["kind"]): GateName[] {
  if (role === "distributor") return [...distributorGates];
  return operatorGates.filter((g) => g !== "offline_solution" || kind === "distributor");
}

/** What is switched on, in words. */
export function gateWords(gates: Gates): string {
  const on: string[] = [...distributorGates, ...operatorGates].filter((g) => gates[g]).map((g) => t(`orgs.gate_${g}` as Key));
  return on.length > 0 ? on.join(", ") : t("orgs.gates_none");
}
