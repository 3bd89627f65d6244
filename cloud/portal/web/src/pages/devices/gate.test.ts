import { describe, expect, it } from "vitest";
import { keptWords } from "./gate";

describe("what devices do instead", () => {
  const old = { feature: "sequence_call", model: "R29", needs: "29.30.10.205", has: "29.30.2.803", devices: ["Front door", "Garage"] } as const;

  it("a sequence call falls back to the call type, and says what it needs", () => {
    expect(keptWords({ ...old, devices: [...old.devices] })).toBe(
      "From Front door, Garage the home rings by its call type, not set after set. Needs 29.30.10.205, has 29.30.2.803 — upgrade.",
    );
  });

  it("a model of which no firmware is known says so", () => {
    expect(keptWords({ ...old, devices: ["Gate"], feature: "floors", needs: "" })).toBe("Not every floor is known to Gate. No firmware of the R29 is known to bring this; it has 29.30.2.803.");
  });
});
