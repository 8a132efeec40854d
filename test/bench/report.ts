import type { Absolute } from "./figures/absolute.ts";
import type { GrowthPoint } from "./figures/growth-point.ts";
import type { GrowthRow } from "./growth-rows.ts";
import type { Machine } from "./machine.ts";
import type { Summary } from "./summarize.ts";

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
