import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../../scripts/folders.ts";
import { alarms } from "./alarms/alarms.ts";
import { deadWorker } from "./dead-worker.ts";
import { kill } from "./kill.ts";
import { everyByte } from "./line/every-byte.ts";
import { line } from "./line/line.ts";
import { newBuild } from "./new-build.ts";
import { queues } from "./platform/queues.ts";
import { trees } from "./platform/trees.ts";
import { queueKill } from "./queue-kill.ts";
import type { Outcome, Scenario } from "./scenario.ts";
import { handOvers } from "./simulation/hand-overs.ts";
import { simulation } from "./simulation/simulation.ts";
import { halfOpen, outages } from "./simulation/whole-grace.ts";
import { stoppedWorker } from "./stopped-worker.ts";

/** Every scenario by its name on the command line, the quick ones first. */
export const scenarios: { readonly [name: string]: Scenario } = {
  simulation,
  outages,
  "half-open": halfOpen,
  "hand-overs": handOvers,
  queues,
  trees,
  kill,
  "queue-kill": queueKill,
  alarms,
  "stopped-worker": stoppedWorker,
  "dead-worker": deadWorker,
  "new-build": newBuild,
  "every-byte": everyByte,
  line,
};

interface Options {
  readonly names: readonly string[];
  readonly seed: number;
  readonly rounds: number | null;
  readonly isShort: boolean;
  readonly stopsAtFirst: boolean;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Runs scenarios, one after the other. */
export async function runScenarios(options: Options): Promise<Outcome> {
  const { names, seed, rounds, isShort, stopsAtFirst, progress, signal } = options;
  const root = temporaryFolder();
  const table = [["scenario", "what was done", "broken promises", "seconds"]];
  const violations: Outcome["violations"][number][] = [];
  for (const name of names) {
    const scenario = scenarios[name];
    if (scenario === undefined) throw new Error(`"${name}" is not a scenario`);
    const folder = join(root, name);
    await mkdir(folder);
    const begunAtMs = performance.now();
    const result = await scenario.run({
      seed,
      rounds: rounds ?? (isShort ? scenario.rounds.short : scenario.rounds.full),
      stopsAtFirst,
      folder,
      progress: (text) => progress(`${name}: ${text}`),
      signal,
    });
    await rm(folder, { recursive: true });
    violations.push(...result.violations.map((violation) => ({ ...violation, scenario: name })));
    const seconds = ((performance.now() - begunAtMs) / 1000).toFixed(1);
    table.push([name, result.did, String(result.violations.length), seconds]);
  }
  const isGood = violations.length === 0;
  return {
    table,
    violations,
    isGood,
    verdict: isGood ? "every promise was kept" : `${violations.length} promises were broken`,
  };
}
