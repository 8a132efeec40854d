import type { Coverage } from "./coverage.ts";
import type { Violation } from "./violation.ts";

/** What came of one seed. */
export interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** What happened, line by line. */
  readonly trace: readonly string[];
  /** How often what happened. */
  readonly coverage: Coverage;
}
