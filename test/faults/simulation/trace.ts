import type { Scheduler } from "./scheduler.ts";

/** What happened, line by line, with the virtual time of each. */
export class Trace {
  readonly lines: string[] = [];
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  note(who: string, what: string): void {
    this.lines.push(`${(this.#scheduler.nowMs / 1000).toFixed(3)} s  ${who}: ${what}`);
  }
}
