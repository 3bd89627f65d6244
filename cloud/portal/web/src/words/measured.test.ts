import { expect, test } from "vitest";
import type { Difference, Measured } from "../api/measured";
import { differenceWords, measuredOf, namesOf } from "./measured";

const device = (name: string) => ({ id: name, name, mac: "0C1105000001", group_id: "g" });
const base: Difference = { id: "1", kind: "wrong_group", group_id: "g", group: "Network 2", to_id: "h", to: "Network 1", devices: [device("Gate")], agents: [], heard: [], fixable: true };
const all: Measured = { networks: [], differences: [base], unheard: [], agents: [{ id: "a1", name: "Cellar", at: "2026-11-29T00:00:00Z", live: true }], revision: 1 };

test("a difference is a sentence with its names", () => {
  expect(differenceWords(base, all)).toBe("Gate: described in Network 2, heard in the network of Network 1. Move there.");
  expect(differenceWords({ ...base, kind: "split", to_id: "", to: "Network 3" }, all)).toBe("Network 2 spans several networks. Make Network 3 (new) for Gate.");
  expect(differenceWords({ ...base, kind: "no_agent", agents: ["a1"] }, all)).toBe("No agent of Network 2 is in its network. Cellar can act for it.");
  expect(namesOf("abcdefgh".split("").map(device))).toBe("a, b, c, d, e, f, +2");
});

test("of a group: its networks, and what is different from it or goes to it", () => {
  const network = (group_id: string) => ({ prefixes: ["10.0.0.0/24"], agents: ["a1"], devices: [], group_id, group: group_id });
  const some = { ...all, networks: [network("g"), network("h")], unheard: [device("Gate")] };
  expect(measuredOf(some, "g").networks.length).toBe(1);
  expect(measuredOf(some, "g").unheard.map((d) => d.name)).toEqual(["Gate"]);
  expect(measuredOf(some, "h").differences).toEqual([base]);
  expect(measuredOf(some, "k")).toEqual({ networks: [], differences: [], unheard: [] });
});
