import { SeededRandom } from "../../lab/seeded-random.ts";
import { LeasedWorker, type RunNote, SIGNS } from "../leased-worker.ts";
import { type LoggedRun, overlapsIn } from "../run-log.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { installGlobals } from "./globals.ts";
import { Machine } from "./scheduler.ts";
import { Weather } from "./weather.ts";
import { World } from "./world.ts";

/** Workers that obey their leases and hand a task from one to the next, whatever happens to them. */
export const handOvers: Scenario = {
  about:
    "workers that die, stop or lose their line hand a task on, on a simulated network and clock; a round is a hand-over of a lost task",
  rounds: { full: 1000, short: 300 },
  run: runHandOvers,
};

async function runHandOvers(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, progress, signal } = context;
  const violations: ScenarioResult["violations"][number][] = [];
  let lost = 0;
  let runs = 0;
  let lives = 0;
  for (; lost < rounds && lives < 2 * rounds; lives++) {
    signal.throwIfAborted();
    const { world, log } = await live(seed + lives);
    const after = log.filter(({ afterLoss }) => afterLoss).length;
    lost += after;
    runs += log.length;
    if (lives % 50 === 0) progress(`${lost} of ${rounds} hand-overs`);
    for (const { invariant, detail } of world.violations) {
      const trace = rounds === 1 ? world.trace.lines.map((line) => `\n  ${line}`).join("") : "";
      violations.push({ invariant, detail: `seed ${seed + lives}: ${detail}${trace}` });
    }
    if (stopsAtFirst && violations.length > 0) break;
  }
  return { did: `${lost} hand-overs of a lost task, ${runs} runs in ${lives} lives`, violations };
}

const LASTS_MS = 1_800_000;
const MAX_CLOCK_OFFSET_MS = 5 * 3_600_000;
const WORKERS = 3;
const MAX_WORK_MS = 400_000;
const TRIES_EVERY_MS = 5000;
const MAX_CRASHES = 20;
const MAX_DOWN_MS = 20_000;
const OBSERVER_PINGS_EVERY_MS = 20_000;

interface WorkerRun extends LoggedRun {
  isStopping: boolean;
  /** Whether the run before it was lost. */
  readonly afterLoss: boolean;
}

/** Half an hour of a task that is worked on by one worker after another. */
async function live(seed: number): Promise<{ readonly world: World; readonly log: WorkerRun[] }> {
  const world = new World(seed, (own) => new LastingWeather(own));
  const { random, scheduler, service } = world;
  const log: WorkerRun[] = [];
  const leaseSeconds = random.one([10, 20, 60]);
  const gracePeriodSeconds = random.one([1, 5, 30]);
  const settings = { leaseSeconds, gracePeriodSeconds, backoffSeconds: random.one([0, 0, 5]) };
  const restoreGlobals = installGlobals(world);
  try {
    // The service's clock is hours from those of the workers, and no clock is compared with another.
    service.jumpClock(random.whole(-MAX_CLOCK_OFFSET_MS, MAX_CLOCK_OFFSET_MS));
    service.ask(
      "declare",
      (core) =>
        core.command({
          type: "declare",
          timeoutSeconds: null,
          gracePeriodSeconds,
          retentionSeconds: null,
          metadata: {},
          maxAttempts: 100,
          backoffSeconds: settings.backoffSeconds,
        }),
      () => {},
    );
    if (random.percent(40)) {
      const crash = () => service.crash(random.whole(100, MAX_DOWN_MS));
      for (let left = random.whole(1, MAX_CRASHES); left > 0; left--) {
        scheduler.later(random.whole(0, LASTS_MS), crash);
      }
    }
    if (random.percent(50)) scheduler.later(1000, () => observe(world));
    if (random.percent(20)) scheduler.later(random.whole(1000, LASTS_MS), () => cancel(world));
    for (let number = 1; number <= WORKERS; number++) {
      const begin = () => boot(world, log, settings, number);
      scheduler.later(random.whole(1, 10_000), begin);
    }
    await scheduler.runUntil(LASTS_MS);
    world.expectNoTimerLost();
  } finally {
    restoreGlobals();
  }
  for (const detail of overlapsIn(log, LASTS_MS)) world.violate("overlap", detail);
  return { world, log };
}

/** Whatever becomes of the run, nobody is handed the task any more. */
function cancel({ service, truth }: World): void {
  truth.cancelsSent++;
  const asked = { reason: null, requestedBy: null, gracePeriodSeconds: null };
  service.ask(
    "cancel",
    (core) => core.command({ type: "cancel", ...asked }),
    () => {},
  );
}

/** Somebody looks on, over a line that is well. Nobody else is alive because of that. */
function observe({ service, scheduler }: World): void {
  const role = { kind: "observer" } as const;
  const watch = { kind: "stream", expiresAtMs: null, revision: 0, role } as const;
  const ignore = () => {};
  const watcher = { answer: ignore, open: ignore, tell: ignore, end: ignore, lose: ignore };
  const handle = service.watch(watch, watcher);
  const ping = () => {
    handle.ping();
    scheduler.later(OBSERVER_PINGS_EVERY_MS, ping);
  };
  ping();
}

interface Settings {
  readonly leaseSeconds: number;
  readonly gracePeriodSeconds: number;
}

/** A machine begins to work, until it dies, and another one takes its place. */
function boot(world: World, log: WorkerRun[], settings: Settings, number: number): void {
  const { random, scheduler, trace, coverage } = world;
  const machine = new Machine(`worker ${number}`);
  machine.wallOffsetMs = random.whole(-MAX_CLOCK_OFFSET_MS, MAX_CLOCK_OFFSET_MS);
  const runs: WorkerRun[] = [];
  let stoppedAtMs = Number.POSITIVE_INFINITY;
  /** A process that is stopped is not at work. */
  const end = () => {
    const isStopped = machine.asleepUntilMs > world.nowMs;
    const endedAtMs = isStopped ? Math.min(stoppedAtMs, world.nowMs) : world.nowMs;
    for (const run of runs) run.endedAtMs ??= endedAtMs;
  };
  scheduler.later(LASTS_MS - world.nowMs, end);
  scheduler.later(1, () => void work(world, { machine, runs, log, settings }), machine);
  if (random.percent(70)) {
    scheduler.later(random.whole(5000, 300_000), () => {
      const stoppedMs = random.whole(1, 8 * settings.leaseSeconds) * 1000;
      stoppedAtMs = world.nowMs;
      // What is left of its grace period, it is stopped for.
      for (const run of runs) if (run.isStopping) run.endedAtMs ??= world.nowMs;
      trace.note(machine.name, `is stopped for ${stoppedMs} ms`);
      coverage.count("stopped");
      machine.sleep(world.nowMs, stoppedMs);
    });
  }
  scheduler.later(random.whole(30_000, 400_000), () => {
    // A killed process leaves closed lines behind, a machine without power says nothing.
    const isKilled = random.percent(60);
    trace.note(machine.name, isKilled ? "is killed" : "loses its power");
    coverage.count(isKilled ? "killed" : "power lost");
    const die = () => {
      end();
      if (isKilled) for (const line of machine.open) if ("close" in line) hangUp(line);
      machine.sleep(world.nowMs, Number.POSITIVE_INFINITY);
    };
    scheduler.machine = machine;
    die();
    scheduler.machine = null;
    scheduler.later(random.whole(1000, 60_000), () => boot(world, log, settings, number));
  });
}

function hangUp(line: object): void {
  if ("close" in line && typeof line.close === "function") line.close();
}

function newRun(name: string, beganAtMs: number, before: string): WorkerRun {
  return {
    name,
    beganAtMs,
    endedAtMs: null,
    gaps: [],
    isStopping: false,
    afterLoss: before === "lost",
  };
}

interface Work {
  readonly machine: Machine;
  readonly runs: WorkerRun[];
  readonly log: WorkerRun[];
  readonly settings: Settings;
}

/** Tries to get the task, again and again. */
async function work(world: World, { machine, runs, log, settings }: Work): Promise<void> {
  const { random, service, trace, coverage } = world;
  const { leaseSeconds, gracePeriodSeconds } = settings;
  const own = new SeededRandom(random.whole(1, 1e9));
  for (;;) {
    const holder = crypto.randomUUID();
    let run: WorkerRun | undefined;
    const note = (noted: RunNote) => {
      trace.note(machine.name, `${noted.kind} (${holder})`);
      switch (noted.kind) {
        case "began": {
          const before = service.task?.attempts.at(-2)?.outcome ?? "none";
          coverage.count(`after: ${before}`);
          run = newRun(`attempt ${noted.attempt} of ${machine.name}`, world.nowMs, before);
          runs.push(run);
          log.push(run);
          break;
        }
        case "late":
          run?.gaps.push({ kind: "late", atMs: noted.sinceMs });
          break;
        case "goes on":
          run?.gaps.push({ kind: "goes on", atMs: world.nowMs });
          break;
        case "stops":
          if (run) run.isStopping = true;
          break;
        case "ended":
          if (run) run.endedAtMs ??= world.nowMs;
      }
    };
    const worker = new LeasedWorker({
      url: "http://simulated.invalid",
      id: service.id,
      holder,
      leaseSeconds,
      sign: own.one(SIGNS),
      workMs: own.whole(1000, MAX_WORK_MS),
      // It may take all of its grace, less what a turn takes.
      stopMs: own.one([0, gracePeriodSeconds * 500, gracePeriodSeconds * 1000 - 10]),
      end: own.one(["failed", "failed", "released"]),
      note,
    });
    await worker.run();
    await new Promise((resolve) => setTimeout(resolve, own.whole(100, TRIES_EVERY_MS)));
  }
}

/** Weather that never heals. In half the lives little happens, so that a run can last. */
class LastingWeather extends Weather {
  override readonly healsAtMs = LASTS_MS;
  override readonly hasOutage = false;
  override readonly socketRule: Weather["socketRule"];
  readonly #random: SeededRandom;
  readonly #sparesPercent: number;

  constructor(world: World) {
    super(world);
    this.#random = world.random;
    this.#sparesPercent = world.random.one([0, 95]);
    this.socketRule = world.random.one(["open", "open", "refused", "swallowed", "cut"]);
  }

  override strikes(fault: Parameters<Weather["strikes"]>[0]): boolean {
    return !this.#random.percent(this.#sparesPercent) && super.strikes(fault);
  }
}
