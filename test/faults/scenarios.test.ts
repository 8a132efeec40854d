import { describe, expect, it } from "vitest";
import { runScenarios, scenarios } from "./scenarios.ts";

/** The same each time: what it does is decided by it, and a failure can be looked at again. */
const SEED = 1;

describe("every promise is kept under", () => {
  it.each(Object.entries(scenarios))("%s", async (name) => {
    const { violations } = await runScenarios({
      names: [name],
      seed: SEED,
      rounds: null,
      isShort: true,
      progress() {},
      signal: new AbortController().signal,
    });
    expect(violations).toEqual([]);
  });
});
