import type { GrowthCost, GrowthPoint } from "./figures/growth-point.ts";
import type { Side } from "./load/side.ts";
import { type Verdict, verdictOf } from "./verdict-of.ts";

/** What a task may cost with the most tasks, as a multiple of what it costs with the fewest. */
const GOAL = { atMost: 1.5 };

const COSTS: { readonly [cost in GrowthCost]: string } = {
  toldP50Ms: "told by WebSocket, asleep before, p50, ms",
  toldP99Ms: "told by WebSocket, asleep before, p99, ms",
  readMs: "GET state, ms of service time per request",
  coldMs: "first request to a new id, p50, ms",
  memoryKib: "memory per parked WebSocket, KiB",
};

/** What one thing costs on one side, with ever more tasks. */
export interface GrowthRow {
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
      const verdict = verdictOf(isJudged ? GOAL : null, factor);
      return { cost, name: COSTS[cost], side, values, factor, verdict };
    }),
  );
}
