import { expect, test } from "vitest";
import { find, type Found } from "./find";

const found = (group: Found["group"], label: string, more = ""): Found => ({ key: `${group}-${label}`, group, label, more, to: "/" });
const labels = (list: Found[]) => list.map((f) => f.label);

test("groups stand in their order, the best of each first", () => {
  const served = [found("devices", "Back gate"), found("devices", "Gate"), found("sites", "Gatehouse")];
  expect(labels(find("gate", { named: [found("pages", "Gateways"), found("pages", "People")], served, settled: true }))).toEqual([
    "Gatehouse", "Gate", "Back gate", "Gateways",
  ]);
});

test("what the server found by other words than the name stays while it is its answer to these words", () => {
  const served = [found("apartments", "101", "Blue flat")];
  expect(labels(find("smith", { named: [], served, settled: true }))).toEqual(["101"]);
  expect(labels(find("smith", { named: [], served, settled: false }))).toEqual([]);
});
