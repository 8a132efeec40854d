import { median } from "../lab/measure.ts";
import type { Absolute } from "./figures/absolute.ts";
import { FIGURES, type Figure, type Sample } from "./figures/figures.ts";
import type { GrowthCost, GrowthPoint } from "./figures/many-tasks.ts";
import type { Side } from "./load/job.ts";
import type { Machine } from "./machine.ts";

/** What a bench found; what `--json` writes. */
export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly figures: readonly Summary[];
  readonly growthPoints: readonly GrowthPoint[];
  readonly growth: readonly GrowthRow[];
  readonly absolute: readonly Absolute[];
  /** What the services logged: there should be nothing. */
  readonly serviceLog: readonly string[];
}

/** A figure over all rounds. */
export interface Summary extends Figure {
  readonly floor: Spread;
  readonly product: Spread;
  /** Of each round's product to the same round's floor. */
  readonly ratio: Spread;
  readonly verdict: Verdict;
  readonly generatorShare: number;
}

/**
 * Every figure over the rounds that measured it. The machine changes from round to round, so the
 * ratio is made within each, and only then is there a median.
 */
export function summarize(samples: readonly Sample[]): Summary[] {
  const byFigure = Map.groupBy(samples, ({ figure }) => figure);
  return FIGURES.flatMap((figure) => {
    const rounds = byFigure.get(figure.key);
    if (rounds === undefined) return [];
    const ratio = spreadOf(rounds.map(({ floor, product }) => product / floor));
    return {
      ...figure,
      floor: spreadOf(rounds.map(({ floor }) => floor)),
      product: spreadOf(rounds.map(({ product }) => product)),
      ratio,
      verdict: verdictOf(figure.goal, ratio.median),
      generatorShare: Math.max(...rounds.map(({ generatorShare }) => generatorShare)),
    };
  });
}

/** What a task may cost with the most tasks, as a multiple of what it costs with the fewest. */
const GROWTH_GOAL = { atMost: 1.5 };

const COST_NAMES: { readonly [cost in GrowthCost]: string } = {
  toldP50Ms: "told by WebSocket, asleep before, p50, ms",
  toldP99Ms: "told by WebSocket, asleep before, p99, ms",
  readMs: "GET state, ms of service time per request",
  coldMs: "first request to a new id, p50, ms",
  memoryKib: "memory per parked WebSocket, KiB",
};

/** What one thing costs on one side, with ever more tasks. */
interface GrowthRow {
  readonly cost: GrowthCost;
  readonly name: string;
  readonly side: Side;
  readonly values: readonly number[];
  /** The last of the values to the first. */
  readonly factor: number;
  readonly verdict: Verdict;
}

/** The growth of every cost, the floor's above the service's. Tails are shown, and not judged. */
export function growthRows(points: readonly GrowthPoint[]): GrowthRow[] {
  const names: readonly GrowthCost[] = ["toldP50Ms", "toldP99Ms", "readMs", "coldMs", "memoryKib"];
  return names.flatMap((cost) =>
    (["floor", "product"] as const).map((side) => {
      const values = points.map((point) => point.cost[side][cost]);
      const factor = (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
      const isJudged = side === "product" && cost !== "toldP99Ms";
      const verdict = verdictOf(isJudged ? GROWTH_GOAL : null, factor);
      return { cost, name: COST_NAMES[cost], side, values, factor, verdict };
    }),
  );
}

type Verdict = "ok" | "missed" | "";

/** Whether a ratio is as good as was asked for; nothing if nothing was. */
export function verdictOf(goal: Figure["goal"], ratio: number): Verdict {
  if (goal === null) return "";
  const isMet = "atLeast" in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
  return isMet ? "ok" : "missed";
}

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Several measurements as one. */
export function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}
