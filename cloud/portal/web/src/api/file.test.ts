import { describe, expect, it } from "vitest";
import { fileBody, mostFile } from "./file";
import { Problem } from "./problem";

describe("fileBody", () => {
  it("sends a file as it is", () => {
    const file = new File(["a,b"], "a.csv");
    const sent = fileBody(file, mostFile);
    expect(sent.bodySerializer(sent.body)).toBe(file);
  });
  it("refuses what is too long, in words", () => {
    const file = new File([new Uint8Array(mostFile + 1)], "a.csv");
    expect(() => fileBody(file, mostFile)).toThrow(Problem);
    expect(() => fileBody(file, mostFile)).toThrow("At most 1 MiB");
  });
});
