import { describe, expect, it } from "vitest";
import type { GrowthPoint, Sample } from "./figures/figures.ts";
import type { TaskCost } from "./figures/many-tasks.ts";
import { Stopwatch } from "./load/stopwatch.ts";
import { spreadOf, summarize, taskGrowth, verdictOf } from "./report.ts";
import { showFigure } from "./results-page.ts";

function reads(floor: number, product: number, generatorShare = 0.5): Sample {
  return { figure: "read.rate", floor, product, generatorShare };
}

describe("a summary", () => {
  it("makes the ratio within each round, and only then its median", () => {
    // The machine was twice as fast in the second round: the medians alone would say 0.75.
    const [summary] = summarize([reads(100, 90), reads(200, 180), reads(150, 75)]);
    expect(summary?.ratio).toEqual({ median: 0.9, min: 0.5, max: 0.9 });
    expect(summary?.floor).toEqual({ median: 150, min: 100, max: 200 });
    expect(summary?.product).toEqual({ median: 90, min: 75, max: 180 });
  });

  it("shows the most that the generator ever took", () => {
    const [summary] = summarize([reads(1, 1, 0.2), reads(1, 1, 0.9)]);
    expect(summary?.generatorShare).toBe(0.9);
  });

  it("leaves out what was not measured", () => {
    expect(summarize([reads(1, 1)]).map(({ key }) => key)).toEqual(["read.rate"]);
  });
});

describe("a verdict", () => {
  it.each([
    [{ atLeast: 0.85 }, 0.85, "ok"],
    [{ atLeast: 0.85 }, 0.84, "missed"],
    [{ atMost: 1.25 }, 1.25, "ok"],
    [{ atMost: 1.25 }, 1.26, "missed"],
    [{ atMost: 1.25 }, Number.NaN, "missed"],
    [null, 100, ""],
  ])("with the goal %j on %d is %j", (goal, ratio, verdict) => {
    expect(verdictOf(goal, ratio)).toBe(verdict);
  });
});

describe("growth", () => {
  const point = (count: number, each: number): GrowthPoint<TaskCost> => {
    const costs = {
      toldP50Ms: each,
      toldP99Ms: each,
      readMs: each,
      coldMs: each,
      memoryKib: each,
    };
    return { count, cost: { floor: costs, product: costs } };
  };

  it("is the last to the first, whatever is between", () => {
    const { rows } = taskGrowth([point(100, 2), point(1000, 9), point(10_000, 3)]);
    expect(rows.map(({ factor }) => factor)).toEqual(Array.from({ length: 10 }, () => 1.5));
    expect(rows[0]?.values).toEqual([2, 9, 3]);
  });

  it("is judged on the service's side, but for the tail", () => {
    const { rows } = taskGrowth([point(100, 1), point(10_000, 2)]);
    const judged = rows.filter(({ verdict }) => verdict !== "");
    expect(judged.map(({ cost }) => cost)).toEqual(["toldP50Ms", "readMs", "coldMs", "memoryKib"]);
    expect(judged.every(({ side, verdict }) => side === "product" && verdict === "missed")).toBe(
      true,
    );
  });
});

it("a spread is the median between the least and the most", () => {
  expect(spreadOf([3, 1, 10])).toEqual({ median: 3, min: 1, max: 10 });
});

it("a stopwatch counts from the first begin to the last end, of things that overlap", () => {
  const stopwatch = new Stopwatch();
  stopwatch.note(1000, 3000);
  stopwatch.note(1500, 2500);
  const { count, seconds, maxMs } = stopwatch.timing();
  expect([count, seconds]).toEqual([2, 2]);
  expect(maxMs).toBeCloseTo(2000, -1);
});

it("a stopwatch that noted nothing says so", () => {
  expect(new Stopwatch().timing()).toMatchObject({ count: 0, seconds: 0 });
});

it.each([
  [12_345.6, "12,346"],
  [123.4, "123"],
  [1.2345, "1.23"],
  [0.001234, "0.00123"],
])("the figure %d is shown as %s", (value, text) => {
  expect(showFigure(value)).toBe(text);
});
