import { TaskCancelledError } from "../../../worker-client/index.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { newClient } from "./calls.ts";
import { installGlobals } from "./globals.ts";
import type { Machine } from "./scheduler.ts";
import { Weather } from "./weather.ts";
import { World } from "./world.ts";

/** The worker's connections break and cannot be made again for a while, around a cancel. */
export const outages: Scenario = {
  about:
    "outages of 0 to 60 s around a cancel, on a simulated network and clock; a round is a cancel",
  rounds: { full: 500, short: 500 },
  run: (context) => runEpisodes(context, "outage"),
};

/** The worker's connections fall silent around a cancel, and neither end is told. */
export const halfOpen: Scenario = {
  about: "lines that go half open around a cancel, in the same way",
  rounds: { full: 500, short: 500 },
  run: (context) => runEpisodes(context, "silence"),
};

/** What happens to the worker's network: it breaks and says so, or swallows every word. */
type Trouble = "outage" | "silence";

/** How late a worker may be to hear of a cancel once its network is well. */
const HEARS_WITHIN_MS = {
  // The longest pause between two attempts to connect, and a bit.
  outage: 10_000 + 1000,
  // A line that is silent for 20 s is asked for a sign of life, which has 5 s to come. An attempt to
  // connect that was swallowed is given up after 10 s, a first poll after 15 s, and then comes a pause.
  silence: 20_000 + 5000 + 1000,
};
const MAX_TROUBLE_MS = 60_000;
/** Long after everything must have been settled. */
const LASTS_MS = 900_000;
const MAX_CLOCK_OFFSET_MS = 5 * 3_600_000;

async function runEpisodes(context: ScenarioContext, kind: Trouble): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, signal } = context;
  const violations: ScenarioResult["violations"][number][] = [];
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const world = await episode(seed + round, kind);
    for (const { invariant, detail, seed: broken } of world.violations) {
      const trace = rounds === 1 ? world.trace.lines.map((line) => `\n  ${line}`).join("") : "";
      violations.push({ invariant, detail: `seed ${broken}: ${detail}${trace}` });
    }
    if (stopsAtFirst && violations.length > 0) break;
  }
  return { did: `${rounds} cancels from seed ${seed} on`, violations };
}

/** A worker runs a task, its network fails, and somebody cancels the task at about that time. */
async function episode(seed: number, kind: Trouble): Promise<World> {
  const world = new World(seed, (own) => new TroubledWeather(own, kind));
  const { random, scheduler, service, weather, canceller } = world;
  const [worker] = world.workers;
  if (!(weather instanceof TroubledWeather)) throw new Error("the weather is not as it was made");
  weather.strikesOnlyAt = worker;
  // Nobody subtracts the clocks of two machines.
  worker.wallOffsetMs = random.whole(-MAX_CLOCK_OFFSET_MS, MAX_CLOCK_OFFSET_MS);
  const cancelAtMs = random.whole(70_000, 200_000);
  weather.beginsAtMs = cancelAtMs + random.whole(-MAX_TROUBLE_MS, 5000);
  weather.endsAtMs = weather.beginsAtMs + random.whole(0, MAX_TROUBLE_MS);
  const gracePeriodSeconds = random.one([1, 5, 30, 60, 120]);

  const restoreGlobals = installGlobals(world);
  try {
    scheduler.later(1000, () => void work(world, { kind, cancelAtMs, weather }), worker);
    scheduler.later(cancelAtMs, () => cancel(gracePeriodSeconds), canceller);
    if (random.percent(20)) {
      const hurryAtMs = cancelAtMs + random.whole(0, gracePeriodSeconds * 1000);
      scheduler.later(hurryAtMs, () => cancel(gracePeriodSeconds / 5), canceller);
    }
    await scheduler.runUntil(LASTS_MS);
    for (const call of world.calls) world.violate("settles", `${call}, never settles`);
  } finally {
    restoreGlobals();
  }
  return world;

  function cancel(seconds: number): void {
    void newClient(true).cancel(service.id, { gracePeriodSeconds: seconds });
  }
}

interface Episode {
  readonly kind: Trouble;
  readonly cancelAtMs: number;
  readonly weather: TroubledWeather;
}

/** What a worker does, and what it is promised. */
async function work(world: World, { kind, cancelAtMs, weather }: Episode): Promise<void> {
  const { random, service } = world;
  const { name } = world.here();
  const usesSockets = random.percent(60);
  // The shares leave time for the report, as a worker should.
  const share = random.one([0, 0.5, 0.8]);
  const run = `the run of ${name}`;
  let heardAtMs: number | null = null;
  world.calls.add(run);
  try {
    await newClient(usesSockets).run(service.id, async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      heardAtMs = world.nowMs;
      const { reason } = signal;
      if (!(reason instanceof TaskCancelledError)) return;
      const stopsAfterMs = (reason.cancellation.gracePeriodSeconds ?? 0) * 1000 * share;
      world.trace.note(name, `hears, and takes ${stopsAfterMs} ms to stop`);
      await new Promise((resolve) => setTimeout(resolve, stopsAfterMs));
      signal.throwIfAborted();
    });
  } catch (error) {
    world.trace.note(name, `its run rejects: ${String(error)}`);
  }
  world.calls.delete(run);
  const knownAtMs = Math.max(cancelAtMs, weather.endsAtMs);
  if (heardAtMs === null || heardAtMs > knownAtMs + HEARS_WITHIN_MS[kind]) {
    world.violate("I3", `${name} could hear from ${knownAtMs} on and heard at ${heardAtMs}`);
  }
  checkRecord(world);
}

/** The task's record shows that its worker had the whole grace period, and what it said. */
function checkRecord(world: World): void {
  const task = world.service.state();
  const cancellation = task?.cancellation;
  if (!task?.endedAt || !cancellation) {
    world.violate("I1", `the task is ${task?.status} and was cancelled`);
    return;
  }
  const { requestedAt, deliveredAt, acknowledgedAt, gracePeriodSeconds } = cancellation;
  if (acknowledgedAt === null || task.attempts.at(-1)?.outcome !== "cancelled") {
    world.violate("grace", "what the worker said is not on record");
  }
  const endedAtMs = Date.parse(task.endedAt);
  const isDeliveredFirst = deliveredAt !== null && Date.parse(deliveredAt) <= endedAtMs;
  const fromMs = Date.parse(isDeliveredFirst ? deliveredAt : requestedAt);
  if (task.endedAt !== acknowledgedAt && endedAtMs < fromMs + (gracePeriodSeconds ?? 0) * 1000) {
    world.violate("grace", `it ended at ${task.endedAt}, and the worker heard at ${deliveredAt}`);
  }
}

/** Good weather, but for one trouble of one machine. */
class TroubledWeather extends Weather {
  override readonly healsAtMs = LASTS_MS;
  override readonly hasOutage = false;
  override readonly socketRule = "open";
  beginsAtMs = Number.POSITIVE_INFINITY;
  endsAtMs = Number.POSITIVE_INFINITY;
  strikesOnlyAt: Machine | null = null;
  readonly #world: World;
  readonly #kind: Trouble;

  constructor(world: World, kind: Trouble) {
    super(world);
    this.#world = world;
    this.#kind = kind;
  }

  override strikes(fault: Parameters<Weather["strikes"]>[0]): boolean {
    const { nowMs, machine } = this.#world.scheduler;
    if (machine === null || machine !== this.strikesOnlyAt) return false;
    if (nowMs < this.beginsAtMs || nowMs >= this.endsAtMs) return false;
    return this.#kind === "outage"
      ? fault === "reset" || fault === "refused upgrade"
      : fault === "lost request" || fault === "swallowing upgrade";
  }

  override halfOpens(): ReturnType<Weather["halfOpens"]> {
    const afterMs = this.#untilTroubleMs("silence");
    return afterMs === null ? null : { afterMs, lastsMs: Number.POSITIVE_INFINITY };
  }

  override cutsAfterMs(): number | null {
    return this.#untilTroubleMs("outage");
  }

  #untilTroubleMs(kind: Trouble): number | null {
    const { nowMs, machine } = this.#world.scheduler;
    if (kind !== this.#kind || machine !== this.strikesOnlyAt || nowMs > this.beginsAtMs)
      return null;
    return this.beginsAtMs - nowMs;
  }
}
