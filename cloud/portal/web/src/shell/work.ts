import { useSyncExternalStore } from "react";
import { useMe } from "../api/account";
import { eyesOf, hasTwoWorks } from "./eyes";

/** What an installer works at now (ACC-17): single-family homes, or projects with many. */
export type Work = "project" | "single";

const listeners = new Set<() => void>();
const name = (account: string) => `vestibule-work:${account}`;

/** What this account chose in this browser; projects when it chose nothing. */
export function workOf(account: string): Work {
  try {
    return localStorage.getItem(name(account)) === "single" ? "single" : "project";
  } catch {
    return "project";
  }
}

export function chooseWork(account: string, work: Work) {
  try {
    localStorage.setItem(name(account), work);
  } catch {
    // A browser that keeps nothing stays with projects.
  }
  for (const l of listeners) l();
}

/** The work chosen by who is signed in, projects for who makes no sites; every part of the page that asked is drawn again when it changes. */
export function useWork(): Work {
  const me = useMe().data;
  const account = me?.id ?? "";
  const chosen = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => workOf(account),
  );
  return hasTwoWorks(eyesOf(me)) ? chosen : "project";
}

/** The work that a site of a kind belongs to. */
export function workFor(kind: string): Work {
  return kind === "single" ? "single" : "project";
}

/** Whether a site of a kind belongs to the work. */
export function inWork(work: Work, kind: string): boolean {
  return workFor(kind) === work;
}
