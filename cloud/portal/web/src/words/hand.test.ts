import { expect, test } from "vitest";
import type { ReceiptWalk } from "../api/overview";
import type { Agent, Site } from "../api/types";
import { hands } from "./hand";

const counts = { total: 0, saved: 0, held: 0, written: 0, read_back: 0, failed: 0, manual: 0, withheld: 0, offline: 0 };
const site = (kind: Site["kind"], of: Partial<Site["counts"]> = {}) => ({ kind, counts: { buildings: 1, apartments: 1, people: 1, devices: 1, agents: 1, ...of } });
const walker = (name: string, online: boolean, state: string) => ({ name, online, receipt: { state } }) as ReceiptWalk["items"][number];
const agent = (state: string) => ({ id: "a", name: "Agent 1", presence: { state, since: "2026-01-01T00:00:00Z" } }) as Agent;
const nothing = { site: site("community"), agents: [agent("online")], walk: { counts, items: [] }, found: 0, expired: 0, when: () => "then" };

test("a site in which all is well needs no hand", () => {
  expect(hands(nothing)).toEqual([]);
});

test("the gravest stands first, each with one act", () => {
  const walk = { counts: { ...counts, failed: 1, offline: 2, held: 1 }, items: [walker("Door", false, "failed"), walker("Hall", false, "applied"), walker("Stair", true, "held")] };
  const list = hands({ ...nothing, agents: [agent("offline")], walk, found: 3, expired: 1 });
  expect(list.map((h) => h.key)).toEqual(["agent-a", "failed", "offline", "open", "found", "expired"]);
  expect(list.map((h) => h.tone)).toEqual(["bad", "bad", "bad", "warn", "warn", "warn"]);
  expect(list[1]!.names).toEqual(["Door"]);
  expect(list.every((h) => h.act !== "" && h.to.startsWith("/sites/$site"))).toBe(true);
});

test("few devices are named only when all of them are known", () => {
  const walk = { counts: { ...counts, offline: 2 }, items: [walker("Door", false, "applied")] };
  expect(hands({ ...nothing, walk })[0]!.names).toEqual([]);
});

test("each kind of site begins with what it has", () => {
  const firstOf = (of: ReturnType<typeof site>) => hands({ ...nothing, site: of })[0]?.to;
  expect(firstOf(site("community", { buildings: 0 }))).toBe("/sites/$site/buildings");
  expect(firstOf(site("office", { buildings: 0, people: 0 }))).toBe("/sites/$site/people");
  expect(firstOf(site("commercial", { buildings: 0 }))).toBeUndefined();
});
