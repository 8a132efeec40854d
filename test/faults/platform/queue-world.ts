import { type LoggedRun, overlapsIn } from "../run-log.ts";
import type { Machine } from "../simulation/scheduler.ts";
import { PlatformWorld, type WorldOptions } from "./platform-world.ts";

const MAX_EVENTS = 40_000;
export const QUEUE = "gpu";

/** A run of a task, as the worker that did it saw it. */
export interface QueueRun extends LoggedRun {
  readonly id: string;
  readonly attempt: number;
  readonly machine: Machine;
  /** Whether the work was done to its end. */
  isDone: boolean;
}

/** The world of a queue. The directory is only told, and has no part in what is promised here. */
export class QueueWorld extends PlatformWorld {
  readonly runs: QueueRun[] = [];

  constructor(seed: number, options: Pick<WorldOptions, "code" | "healsAtMs">) {
    super(seed, { ...options, vars: { DIRECTORY: "off" }, maxEvents: MAX_EVENTS });
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
