import { SeededRandom } from "../../lab/seeded-random.ts";
import type { Invariant } from "../history/invariants.ts";
import type { Listener } from "./listener.ts";
import { Machine, Scheduler } from "./scheduler.ts";
import { SimulatedObject } from "./simulated-object.ts";
import { checkTimer, Truth } from "./truth.ts";
import { Weather } from "./weather.ts";

/** Something that must not happen, and did. */
export interface SeedViolation {
  readonly invariant: Invariant;
  readonly seed: number;
  /** What happened, and when. */
  readonly detail: string;
}

/**
 * So long after the network is well, and a cancel on record, whoever watches has learnt of it. It is
 * made of the client's own constants: a poll that was lost is given up after 65 s; its late answer
 * may have been to stay away for 60 s and 10 s of back-off; then a WebSocket that swallows every
 * word is tried for 20 s; then a poll gets through.
 */
const LEARNS_WITHIN_MS = (65 + 60 + 10 + 20 + 2) * 1000;
/** Once everybody is connected again it takes a round trip, or a short pause and a reconnect. */
const CALM_LEARNS_WITHIN_MS = 4000;
/** Where WebSockets are swallowed, one is tried now and then, and nothing is heard meanwhile. */
const SWALLOWED_FOR_MS = 20_000;

/** However much goes wrong, the pauses between failures grow. */
const RUSH_QUESTIONS = 25;
const RUSH_MS = 10_000;

/** Everything of one seed: a service, a network, some machines, and what is known to be true. */
export class World {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly scheduler = new Scheduler();
  readonly coverage = new Coverage();
  readonly trace = new Trace(this.scheduler);
  readonly truth = new Truth();
  readonly weather: Weather;
  readonly service = new SimulatedObject(this, "t");
  readonly canceller = new Machine("canceller");
  readonly workers: readonly [Machine, Machine] = [
    new Machine("worker 1"),
    new Machine("worker 2"),
  ];
  readonly listeners: Listener[] = [];
  readonly violations: SeedViolation[] = [];
  /** Calls of the client that have not settled yet. */
  readonly calls = new Set<string>();
  requestsSent = 0;
  lastRequestArrived = 0;

  constructor(seed: number, weatherIn = (world: World) => new Weather(world)) {
    this.seed = seed;
    // The generator's first numbers look like the seed, so neighbours would live the same life.
    this.random = new SeededRandom(Math.imul(seed + 1, 0x9e3779b1));
    for (let skipped = 0; skipped < 8; skipped++) this.random.fraction();
    this.weather = weatherIn(this);
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** The machine whose code runs now. */
  here(): Machine {
    if (this.scheduler.machine === null) throw new Error("the client runs on no machine");
    return this.scheduler.machine;
  }

  /** Something must not have happened. Once it has, the rest of this life is worth little. */
  violate(invariant: Invariant, detail: string): void {
    if (this.violations.some((known) => known.invariant === invariant)) return;
    const atSeconds = this.nowMs / 1000;
    this.trace.note(invariant, detail);
    this.violations.push({ invariant, seed: this.seed, detail: `${detail} (at ${atSeconds} s)` });
  }

  /** The client asks for something. */
  ask(what: string): void {
    const machine = this.here();
    this.trace.note(machine.name, what);
    const tookMs = machine.ask(this.nowMs, RUSH_QUESTIONS);
    if (tookMs < RUSH_MS) {
      this.violate("no rush", `${machine.name} asks ${RUSH_QUESTIONS} times in ${tookMs} ms`);
    }
  }

  /** A sign of life of the service reaches the watch of a machine. */
  hear(machine: Machine): void {
    for (const listener of this.listeners) {
      if (listener.machine === machine) listener.hear();
    }
    machine.lastHeardMs = this.nowMs;
  }

  /** The process of a machine has done all that it wanted: nothing of it may be left behind. */
  expectNothingLeft(machine: Machine): void {
    this.scheduler.later(0, () => {
      const timers = this.scheduler.timersOf(machine);
      if (timers > 0) this.violate("nothing left", `${timers} timers of ${machine.name} are left`);
      const { size } = machine.open;
      if (size > 0) this.violate("nothing left", `${size} lines of ${machine.name} are left open`);
    });
  }

  /** No timer of the task is lost. */
  expectNoTimerLost(): void {
    checkTimer(this);
  }

  /** Whether everything that the bad weather left behind is over. */
  get isCalm(): boolean {
    return this.nowMs >= this.weather.healsAtMs + LEARNS_WITHIN_MS;
  }

  /** Whoever watches has to learn in time of the task as it is now. */
  expectToBeLearntBy(listeners: readonly Listener[], isConnected: boolean): void {
    const task = this.service.state();
    const swallowedMs = this.weather.socketRule === "swallowed" ? SWALLOWED_FOR_MS : 0;
    const calmMs = CALM_LEARNS_WITHIN_MS + swallowedMs;
    const withinMs = isConnected && this.isCalm ? calmMs : LEARNS_WITHIN_MS;
    this.scheduler.later(Math.max(0, this.weather.healsAtMs - this.nowMs) + withinMs, () => {
      for (const listener of listeners) listener.checkLearnt(task);
    });
  }
}

/** Counts what really happened, so that a simulation can show that it is not blind. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  count(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  add(other: Coverage): void {
    for (const [what, times] of other.#counts) this.count(what, times);
  }

  /** All counts, in the order of their names. */
  entries(): [what: string, times: number][] {
    return [...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

/** What happened, line by line, with the virtual time of each. */
class Trace {
  readonly lines: string[] = [];
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  note(who: string, what: string): void {
    this.lines.push(`${(this.#scheduler.nowMs / 1000).toFixed(3)} s  ${who}: ${what}`);
  }
}
