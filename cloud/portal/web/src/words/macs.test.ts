import { expect, test } from "vitest";
import { readMACs } from "./macs";

test("a pasted column is read line by line", () => {
  expect(readMACs("0c:11:05:0b:98:14\r\n\n0C-11-05-0B-98-15, 0c11.050b.9816\n0C11050B981\nMAC\n")).toEqual({
    macs: ["0C11050B9814", "0C11050B9815", "0C11050B9816"],
    wrong: [4, 5],
  });
});

test("nothing is nothing, and twelve zeros are no MAC", () => {
  expect(readMACs(" \n")).toEqual({ macs: [], wrong: [] });
  expect(readMACs("000000000000")).toEqual({ macs: [], wrong: [1] });
});
