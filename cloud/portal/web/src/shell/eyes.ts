import type { QueryClient } from "@tanstack/react-query";
import { useMe } from "../api/account";
import { keys } from "../api/keys";
import { workOf } from "./work";

/** Whose eyes the portal is seen with: what decides which pages there are. */
export interface Eyes {
  role: string;
  rights: readonly string[];
  gates: Readonly<Record<string, unknown>>;
}

const nobody: Eyes = { role: "", rights: [], gates: {} };

/** The eyes of who is signed in, from what GET /me answers. */
export function eyesOf(me: unknown): Eyes {
  const of = me as Partial<Eyes> | null | undefined;
  if (!of) return nobody;
  return { role: of.role ?? "", rights: of.rights ?? [], gates: of.gates ?? {} };
}

/** The eyes of who is signed in; nobody's until that is known. */
export function useEyes(): Eyes {
  return eyesOf(useMe().data);
}

/** Whether who is signed in may do something, by the name of the right. */
export function useMay(right: string): boolean {
  return useEyes().rights.includes(right);
}

/** Whether one works at single-family homes and at projects, so that the switch between them is there (ACC-17). */
export function hasTwoWorks(eyes: Eyes): boolean {
  return eyes.rights.includes("sites.write");
}

/** The page one starts at: residents have their home; single-tenant work has no dashboard and starts at its sites (ACC-17). */
export function startOf(client: QueryClient): string {
  const me = client.getQueryData<{ id?: string }>(keys.me);
  const eyes = eyesOf(me);
  if (eyes.rights.includes("home.read")) return "/home";
  return hasTwoWorks(eyes) && workOf(me?.id ?? "") === "single" ? "/sites" : "/";
}
