import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { runSimulation } from "./run-simulation.ts";

const SEEDS_PER_PROGRESS = 5000;

/** Many lives of the client in a simulated world, hours of each in less than a millisecond. */
export const simulation: Scenario = {
  about: "the client on a simulated network and clock; a round is a seed",
  rounds: { full: 100_000, short: 4000 },
  run: runSeeds,
};

async function runSeeds({
  seed,
  rounds,
  progress,
  signal,
}: ScenarioContext): Promise<ScenarioResult> {
  const { violations, coverage } = await runSimulation({
    firstSeed: seed,
    seeds: rounds,
    onProgress(done) {
      signal.throwIfAborted();
      if (done > 0 && done % SEEDS_PER_PROGRESS === 0) progress(`${done} of ${rounds} seeds`);
    },
  });
  return {
    did: `${rounds} seeds from ${seed} on, ${coverage.of("event")} events`,
    violations: violations.map(({ invariant, seed: broken, detail, trace }) => ({
      invariant,
      detail:
        rounds === 1
          ? [detail, ...trace].join("\n  ")
          : `${detail} (to see how: npm run faults -- simulation --seed ${broken} --rounds 1)`,
    })),
  };
}
