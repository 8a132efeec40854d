import { setImmediate as nextTurn } from "node:timers/promises";
import type { TaskState } from "../../../worker-client/index.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { cancelAndRead, makeCall, newClient } from "./calls.ts";
import { installGlobals } from "./globals.ts";
import { badLuck } from "./weather.ts";
import { runWorker, watchTask, workByHand } from "./workers.ts";
import { Coverage, type SeedViolation, World } from "./world.ts";

const SEEDS_PER_PROGRESS = 5000;

/** Many lives of the client and its service in a simulated world, hours of each in less than a millisecond. */
export const simulation: Scenario = {
  about:
    "the client and the core of the service, on a simulated network, disk and clock; a round is a seed",
  rounds: { full: 100_000, short: 4000 },
  run: runSeeds,
};

async function runSeeds({
  seed,
  rounds,
  stopsAtFirst,
  progress,
  signal,
}: ScenarioContext): Promise<ScenarioResult> {
  const { violations, coverage } = await runSimulation({
    firstSeed: seed,
    seeds: rounds,
    stopsAtFirst,
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

const TRACE_LINES = 40;
const SEEDS_BETWEEN_BREATHS = 50;

interface Options {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Default: no. */
  readonly stopsAtFirst?: boolean;
  /** Called now and then with how many seeds are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

interface SimulationReport {
  readonly seeds: number;
  /** Each with the last lines of what happened in its seed. */
  readonly violations: readonly (SeedViolation & { readonly trace: readonly string[] })[];
  readonly coverage: Coverage;
}

/** Lives through many seeds, one after the other. */
export async function runSimulation(options: Options): Promise<SimulationReport> {
  const { firstSeed, seeds, stopsAtFirst = false, onProgress = () => {} } = options;
  const coverage = new Coverage();
  const violations: SimulationReport["violations"][number][] = [];
  for (let done = 0; done < seeds; done++) {
    if (done % SEEDS_BETWEEN_BREATHS === 0) {
      onProgress(done);
      // Timers and messages of the process itself have their turn.
      await nextTurn();
    }
    const result = await simulate(firstSeed + done);
    coverage.add(result.coverage);
    const trace = result.trace.slice(-TRACE_LINES);
    for (const violation of result.violations) violations.push({ ...violation, trace });
    if (stopsAtFirst && violations.length > 0) break;
  }
  onProgress(seeds);
  return { seeds, violations, coverage };
}

/** What came of one seed. */
interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly SeedViolation[];
  /** What happened, line by line. */
  readonly trace: readonly string[];
  /** How often what happened. */
  readonly coverage: Coverage;
}

/** Lives through everything that one seed brings; the same seed brings the same, to the letter. */
export async function simulate(seed: number): Promise<SimulationResult> {
  const world = new World(seed);
  const restoreGlobals = installGlobals(world);
  try {
    const { scheduler, canceller, workers } = world;
    const { endsAtMs, close } = live(world);
    let isQuiet = await scheduler.runUntil(endsAtMs);
    world.expectNoTimerLost();
    for (const call of world.calls) world.violate("settles", `${call}, never settles`);
    scheduler.later(0, close, workers[0]);
    for (const machine of [canceller, ...workers]) world.expectNothingLeft(machine);
    isQuiet = (await scheduler.runUntil(endsAtMs)) && isQuiet;
    if (!isQuiet) world.violate("no rush", `so much happens: ${scheduler.eventsHappened} events`);
    world.coverage.count("event", scheduler.eventsHappened);
  } finally {
    restoreGlobals();
  }
  const { violations, trace, coverage } = world;
  return { seed, violations, trace: trace.lines, coverage };
}

const CALM_MS = 180_000;

/** Everything that people and programs do in the world of a seed, and until when. */
function live(world: World): { readonly endsAtMs: number; close(): void } {
  const { random, scheduler, service, workers, canceller, coverage } = world;
  const { healsAtMs } = world.weather;
  const closes: (() => void)[] = [];
  badLuck(world);
  if (random.percent(60)) {
    const declare = {
      type: "declare",
      timeoutSeconds: random.percent(50) ? random.whole(5, 300) : null,
      gracePeriodSeconds: random.percent(50) ? random.whole(1, 60) : null,
      retentionSeconds: random.percent(40) ? random.whole(0, 60) : null,
      metadata: {},
    } as const;
    scheduler.later(0, () =>
      service.ask(
        "declare",
        (core) => core.command(declare),
        () => {},
      ),
    );
  }
  for (const worker of random.percent(60) ? workers : workers.slice(0, 1)) {
    const latestMs = worker === workers[0] ? 10_000 : healsAtMs + 60_000;
    const shortMs = random.whole(1000, 200_000);
    const longUntilMs = random.percent(30) ? healsAtMs + random.whole(0, CALM_MS + 100_000) : 0;
    const kind = random.one(["run", "run", "run", "run", "watch", "watch", "by hand"]);
    coverage.count(`worker: ${kind}`);
    const begin = () => {
      const workMs = Math.max(shortMs, longUntilMs - scheduler.nowMs);
      if (kind === "run") void runWorker(world, workMs);
      else if (kind === "by hand") void workByHand(world, shortMs);
      else closes.push(watchTask(world));
    };
    scheduler.later(random.whole(0, latestMs), begin, worker);
  }
  const known: (TaskState | null)[] = [];
  const cancels = random.one([0, 1, 1, 2]);
  for (let cancel = 0; cancel < cancels; cancel++) {
    const atMs = random.percent(25)
      ? healsAtMs + CALM_MS + random.whole(0, 60_000)
      : random.whole(5_000, healsAtMs + 60_000);
    scheduler.later(atMs, () => void cancelAndRead(world, known), canceller);
  }
  if (random.percent(40)) {
    const forget = () => void makeCall(world, "forget", () => newClient(true).forget(service.id));
    scheduler.later(random.whole(0, healsAtMs + 200_000), forget, canceller);
  }
  return {
    endsAtMs: healsAtMs + 2 * CALM_MS + 120_000,
    close() {
      for (const close of closes) close();
    },
  };
}
