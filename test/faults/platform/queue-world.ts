import { TaskClient } from "../../../worker-client/index.ts";
import { SeededRandom } from "../../lab/seeded-random.ts";
import type { Invariant, Violation } from "../history/invariants.ts";
import { type LoggedRun, overlapsIn } from "../run-log.ts";
import { installRuntime } from "../simulation/globals.ts";
import { Machine, Scheduler } from "../simulation/scheduler.ts";
import { ClientNetwork } from "./network.ts";
import { type loadService, Platform } from "./platform.ts";
import { SimulatedPair, SimulatedResponse } from "./sockets.ts";
import { type Surroundings, TROUBLES, type Trouble } from "./surroundings.ts";

/** More than a quiet life has. */
const MAX_EVENTS = 40_000;
const URL_OF_SERVICE = "http://127.0.0.1:8080";
export const QUEUE = "gpu";

/** A run of a task, as the worker that did it saw it. */
export interface QueueRun extends LoggedRun {
  readonly id: string;
  readonly attempt: number;
  readonly machine: Machine;
  /** Whether the work was done to its end. */
  isDone: boolean;
}

/** Everything of one seed: the platform, its clients, and what is known to be true. */
export class QueueWorld {
  readonly random: SeededRandom;
  readonly scheduler = new Scheduler(MAX_EVENTS);
  readonly network: ClientNetwork;
  readonly platform: Platform;
  readonly runs: QueueRun[] = [];
  readonly violations: Violation[] = [];
  readonly trace: string[] = [];
  /** Until then things go wrong. */
  readonly healsAtMs: number;
  readonly #percents = new Map<Trouble, number>();

  constructor(seed: number, code: Awaited<ReturnType<typeof loadService>>, isCalm: boolean) {
    this.random = new SeededRandom(Math.imul(seed + 1, 0x9e3779b1));
    for (let skipped = 0; skipped < 8; skipped++) this.random.fraction();
    const { random, scheduler } = this;
    this.healsAtMs = isCalm ? 0 : random.whole(60, 400) * 1000;
    for (const trouble of TROUBLES) {
      if (random.percent(50)) this.#percents.set(trouble, random.whole(1, 12));
    }
    const longestMs = random.whole(5, 100);
    const edge = new Machine("the edge");
    const surroundings: Surroundings = {
      random,
      nowMs: () => scheduler.nowMs,
      later: (delayMs, happen) => void scheduler.later(delayMs, happen, edge),
      transitMs: () => random.whole(1, longestMs),
      strikes: (trouble) => {
        const percent = this.#percents.get(trouble) ?? 0;
        return scheduler.nowMs < this.healsAtMs && random.percent(percent);
      },
      note: (who, what) => this.note(who, what),
    };
    this.platform = new Platform(surroundings, code);
    this.network = new ClientNetwork(scheduler, surroundings, this.platform);
  }

  /** Puts the world's clocks and chances in the place of the real ones; returns what puts these back. */
  install(): () => void {
    const { scheduler, random } = this;
    const log = (line: string) => this.note("the service", line);
    const restore = installRuntime(
      { scheduler, random, log },
      {
        fetch: this.network.fetch,
        WebSocketPair: SimulatedPair,
        WebSocketRequestResponsePair: Object,
        scheduler: {
          wait: (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs)),
        },
        Response: SimulatedResponse,
      },
    );
    const { log: printed } = console;
    console.log = () => {};
    return () => {
      console.log = printed;
      restore();
    };
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  client(): TaskClient {
    return new TaskClient({ url: URL_OF_SERVICE, fetch: this.network.fetch });
  }

  note(who: string, what: string): void {
    this.trace.push(`${(this.nowMs / 1000).toFixed(3)} s  ${who}: ${what}`);
  }

  violate(invariant: Invariant, detail: string): void {
    if (this.violations.some((known) => known.invariant === invariant)) return;
    const atSeconds = this.nowMs / 1000;
    this.note(invariant, detail);
    this.violations.push({ invariant, detail: `${detail} (at ${atSeconds} s)` });
  }

  /** The runs that go on. */
  get running(): readonly QueueRun[] {
    return this.runs.filter(({ endedAtMs }) => endedAtMs === null);
  }

  /** Two that obey never run a task at once. */
  checkOverlaps(): void {
    for (const [id, runs] of Map.groupBy(this.runs, (run) => run.id)) {
      for (const detail of overlapsIn(runs, this.nowMs))
        this.violate("overlap", `${id}: ${detail}`);
    }
  }
}
