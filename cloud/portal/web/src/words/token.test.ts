import { expect, test } from "vitest";
import { tokens } from "../text/en/tokens";
import { changes, scopesOf, stateOf } from "./token";

const now = new Date("2026-11-24T12:00:00Z");

test("a token ends soon, by itself, or because somebody revoked it", () => {
  expect(stateOf({ expires_at: "2026-12-24T12:00:00Z" }, now).key).toBe("live");
  expect(stateOf({ expires_at: "2026-11-30T12:00:00Z" }, now).key).toBe("soon");
  expect(stateOf({ expires_at: "2026-11-24T12:00:00Z" }, now).key).toBe("over");
  expect(stateOf({ expires_at: "2026-12-24T12:00:00Z", revoked_at: "2026-11-24T11:00:00Z" }, now).key).toBe("revoked");
});

test("a token holds no right that needs the person, and each it may hold has words", () => {
  const held = scopesOf(["self", "sites.read", "secrets.read", "doors.open", "tokens.write"]);
  expect(held).toEqual(["sites.read", "doors.open"]);
  for (const right of held) expect(tokens).toHaveProperty([`scope.${right}`]);
  expect(held.map(changes)).toEqual([false, true]);
});
