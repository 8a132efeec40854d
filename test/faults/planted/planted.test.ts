import { beforeAll, describe, expect, it } from "vitest";
import { plantedFaults, runPlanted } from "./planted.ts";

const TIME_LIMIT_MS = 600_000;

describe("the lab catches it when", () => {
  const caught = new Map<string, string>();

  beforeAll(async () => {
    const signal = new AbortController().signal;
    const { table } = await runPlanted({ seed: 1, progress() {}, signal });
    for (const [name = "", , by = ""] of table) caught.set(name, by);
  }, TIME_LIMIT_MS);

  it.each(plantedFaults)("$name", ({ name }) => {
    expect(caught.get(name)).toMatch(/^[\w ]+ × \d+/);
  });
});
