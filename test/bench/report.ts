import { median } from "../lab/measure.ts";
import type { Absolute } from "./figures/absolute.ts";
import { FIGURES, type Figure, type GrowthPoint, type Sample } from "./figures/figures.ts";
import type { TaskCost } from "./figures/many-tasks.ts";
import type { WatcherCost } from "./figures/many-watchers.ts";
import type { Side } from "./load/job.ts";
import type { Machine } from "./machine.ts";

/** What a bench found; what `--json` writes. */
export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly figures: readonly Summary[];
  /** With more tasks. */
  readonly growth: Growth<TaskCost>;
  /** With more watchers of one task. */
  readonly watcherGrowth: Growth<WatcherCost>;
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

interface Cost<Key extends string> {
  readonly key: Key;
  readonly name: string;
}

const TASK_COSTS: readonly Cost<TaskCost>[] = [
  { key: "toldP50Ms", name: "told by WebSocket, asleep before, p50, ms" },
  { key: "toldP99Ms", name: "told by WebSocket, asleep before, p99, ms" },
  { key: "readMs", name: "GET state, ms of service time per request" },
  { key: "coldMs", name: "first request to a new id, p50, ms" },
  { key: "memoryKib", name: "memory per parked WebSocket, KiB" },
];

const WATCHER_COSTS: readonly Cost<WatcherCost>[] = [
  { key: "parkMs", name: "parking one watcher, ms" },
  { key: "toldMs", name: "until the last is told, ms per watcher" },
  { key: "readMs", name: "GET state, p50, ms" },
];

/** The growth of every cost, the floor's above the service's. */
interface Growth<Cost extends string> {
  readonly points: readonly GrowthPoint<Cost>[];
  readonly rows: readonly GrowthRow[];
}

/** What one thing costs on one side, with ever more of something. */
interface GrowthRow {
  readonly cost: string;
  readonly name: string;
  readonly side: Side;
  readonly values: readonly number[];
  /** The last of the values to the first. */
  readonly factor: number;
  readonly verdict: Verdict;
}

/** What each task costs, with ever more tasks. */
export function taskGrowth(points: readonly GrowthPoint<TaskCost>[]): Growth<TaskCost> {
  return { points, rows: growthRows(points, TASK_COSTS) };
}

/** What each watcher costs, with ever more watchers of one task. */
export function watcherGrowth(points: readonly GrowthPoint<WatcherCost>[]): Growth<WatcherCost> {
  return { points, rows: growthRows(points, WATCHER_COSTS) };
}

/** Tails are shown, and not judged. */
function growthRows<Key extends string>(
  points: readonly GrowthPoint<Key>[],
  costs: readonly Cost<Key>[],
): GrowthRow[] {
  if (points.length === 0) return [];
  return costs.flatMap(({ key, name }) =>
    (["floor", "product"] as const).map((side) => {
      const values = points.map((point) => point.cost[side][key]);
      const factor = (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
      const isJudged = side === "product" && key !== "toldP99Ms";
      const verdict = verdictOf(isJudged ? GROWTH_GOAL : null, factor);
      return { cost: key, name, side, values, factor, verdict };
    }),
  );
}

/** Returns a report without verdicts: the short form measures too little to judge. */
export function unjudged(report: Report): Report {
  const without = <Judged extends { readonly verdict: Verdict }>(rows: readonly Judged[]) =>
    rows.map((row) => ({ ...row, verdict: "" as const }));
  const { figures, growth, watcherGrowth } = report;
  return {
    ...report,
    figures: without(figures),
    growth: { ...growth, rows: without(growth.rows) },
    watcherGrowth: { ...watcherGrowth, rows: without(watcherGrowth.rows) },
  };
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
