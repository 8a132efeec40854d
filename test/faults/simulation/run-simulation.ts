import { setImmediate } from "node:timers/promises";
import { Coverage } from "./coverage.ts";
import { simulate } from "./simulate.ts";
import type { Violation } from "./violation.ts";

const TRACE_LINES = 40;
const SEEDS_BETWEEN_BREATHS = 50;

interface Options {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Called now and then with how many seeds are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

interface SimulationReport {
  readonly seeds: number;
  /** Each with the last lines of what happened in its seed. */
  readonly violations: readonly (Violation & { readonly trace: readonly string[] })[];
  readonly coverage: Coverage;
}

/** Lives through many seeds, one after the other. */
export async function runSimulation(options: Options): Promise<SimulationReport> {
  const { firstSeed, seeds, onProgress = () => {} } = options;
  const coverage = new Coverage();
  const violations: SimulationReport["violations"][number][] = [];
  for (let done = 0; done < seeds; done++) {
    if (done % SEEDS_BETWEEN_BREATHS === 0) {
      onProgress(done);
      // Timers and messages of the process itself have their turn.
      await setImmediate();
    }
    const result = await simulate(firstSeed + done);
    coverage.add(result.coverage);
    const trace = result.trace.slice(-TRACE_LINES);
    for (const violation of result.violations) violations.push({ ...violation, trace });
  }
  onProgress(seeds);
  return { seeds, violations, coverage };
}
