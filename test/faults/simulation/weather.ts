import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Coverage, World } from "./world.ts";

/** What the weather of a simulated network can do to a message, a request or a line. */
export const FAULTS = [
  "reset",
  "lost request",
  "lost answer",
  "duplicate",
  "slow",
  "half answer",
  "nonsense",
  "server error",
  "busy",
  "refused upgrade",
  "swallowing upgrade",
  "half-open line",
  "cut line",
  "lost write",
  "failing disk",
  "alarm rings twice",
] as const;

type Fault = (typeof FAULTS)[number];

const SLOW_MS = { least: 1000, most: 90_000 };
/** What the proxies of some networks do to WebSockets, in good weather as well. */
const SOCKET_RULES = ["open", "open", "open", "open", "refused", "swallowed", "cut"] as const;

/**
 * What the network does: each seed has a few kinds of fault and none of the others, which finds
 * more than a little of everything. From `healsAtMs` on there are none.
 */
export class Weather {
  readonly healsAtMs: number;
  /** A service that is down for longer than a client reports to nobody. */
  readonly hasOutage: boolean;
  readonly socketRule: (typeof SOCKET_RULES)[number];
  /** Whether the machine of a service that is down says so, or nothing at all. */
  readonly refusesWhenDown: boolean;
  readonly #latencyMs: number;
  readonly #random: SeededRandom;
  readonly #scheduler: Scheduler;
  readonly #coverage: Coverage;
  readonly #percents = new Map<Fault, number>();

  constructor({ random, scheduler, coverage }: Pick<World, "random" | "scheduler" | "coverage">) {
    this.#random = random;
    this.#scheduler = scheduler;
    this.#coverage = coverage;
    const isWellAlways = random.percent(5);
    this.hasOutage = !isWellAlways && random.percent(4);
    const illSeconds = this.hasOutage ? random.whole(500, 900) : random.whole(10, 240);
    this.healsAtMs = isWellAlways ? 0 : illSeconds * 1000;
    this.socketRule = random.one(SOCKET_RULES);
    this.refusesWhenDown = random.percent(50);
    this.#latencyMs = random.whole(1, 200);
    for (const fault of FAULTS) {
      if (random.percent(40)) this.#percents.set(fault, random.whole(2, 40));
    }
  }

  get isWell(): boolean {
    return this.#scheduler.nowMs >= this.healsAtMs;
  }

  /** Whether a fault happens now. */
  strikes(fault: Fault): boolean {
    const percent = this.#percents.get(fault);
    if (percent === undefined || this.isWell || !this.#random.percent(percent)) return false;
    this.#coverage.count(fault);
    return true;
  }

  /** When a line that is opened now goes half open, from now on, and for how long. Null: it does not. */
  halfOpens(): { readonly afterMs: number; readonly lastsMs: number } | null {
    if (!this.strikes("half-open line")) return null;
    const isForEver = this.#random.percent(50);
    const lastsMs = isForEver ? Number.POSITIVE_INFINITY : this.#random.whole(5, 200) * 1000;
    return { afterMs: this.#random.whole(0, 60_000), lastsMs };
  }

  /** When a line that is opened now is cut, from now on. Null: it is not. */
  cutsAfterMs(): number | null {
    return this.strikes("cut line") ? this.#random.whole(100, 60_000) : null;
  }

  /** How long something takes from one end to the other. */
  transitMs(): number {
    if (this.strikes("slow")) return this.#random.whole(SLOW_MS.least, SLOW_MS.most);
    return this.#random.whole(1, this.#latencyMs);
  }
}

const MAX_JUMP_MS = 300_000;
const CLOCKS_JUMP_ON_FOR_MS = 200_000;

/** What befalls the machines themselves while the weather is bad: crashes, jumping clocks, sleep. */
export function badLuck(world: World): void {
  const { random, scheduler, service, coverage, trace, weather } = world;
  const { healsAtMs } = weather;
  const machines = [world.canceller, ...world.workers];
  const times = (percent: number, happen: () => void, untilMs = healsAtMs - 1) => {
    if (untilMs < 0 || !random.percent(percent)) return;
    for (let left = random.whole(1, 3); left > 0; left--) {
      scheduler.later(random.whole(0, untilMs), happen);
    }
  };
  if (weather.hasOutage) {
    scheduler.later(random.whole(1_000, 100_000), () => service.crash(Number.POSITIVE_INFINITY));
  } else {
    times(30, () => service.crash(random.whole(100, 60_000)));
  }
  times(50, () => service.evict());
  times(30, () => {
    const jumpMs = random.whole(-MAX_JUMP_MS, MAX_JUMP_MS);
    trace.note("service", `its clock jumps by ${jumpMs} ms`);
    coverage.count(jumpMs < 0 ? "service clock back" : "service clock ahead");
    service.jumpClock(jumpMs);
  });
  for (const machine of machines) {
    const jumpClock = () => {
      const jumpMs = random.whole(-MAX_JUMP_MS, MAX_JUMP_MS);
      trace.note(machine.name, `its clock jumps by ${jumpMs} ms`);
      coverage.count(jumpMs < 0 ? "client clock back" : "client clock ahead");
      machine.wallOffsetMs += jumpMs;
    };
    // The client must not mind even in good weather.
    times(30, jumpClock, healsAtMs + CLOCKS_JUMP_ON_FOR_MS);
    times(20, () => {
      const sleepMs = Math.min(random.whole(1000, MAX_JUMP_MS), healsAtMs - scheduler.nowMs);
      trace.note(machine.name, `sleeps for ${sleepMs} ms`);
      coverage.count("sleep");
      machine.sleep(scheduler.nowMs, sleepMs);
    });
  }
}
