import { toldSeconds } from "./grace.ts";
import type { StopReason } from "./stop.ts";

/** How long to try to report. Whoever waits for the command waits for its report too. */
const WITHIN_MS = 30_000;
/** The longest time for a cancelled task, whose canceller may be waiting as well. */
const CANCELLED_WITHIN_MS = 300_000;
/** How long to try if the service was never reached. */
const UNREACHED_WITHIN_MS = 5000;

/** How long to go on trying after `hurry`, so that a request on its way gets its response. */
const HURRIED_WITHIN_MS = 2000;
/** How long before the end to make a last try: the pauses between tries become long. */
const LAST_TRY_MS = 2000;
/** When to say that the report has not got through. */
const TELL_AFTER_MS = 5000;

/** How long to try to report, in milliseconds. A canceller may wait for the whole grace period. */
export function reportWithinMs(reason: StopReason | null, isReached: boolean): number {
  if (reason?.kind === "cancelled") {
    const graceMs = (toldSeconds(reason.cancellation) ?? 0) * 1000;
    return Math.min(CANCELLED_WITHIN_MS, Math.max(WITHIN_MS, graceMs));
  }
  return isReached ? WITHIN_MS : UNREACHED_WITHIN_MS;
}

/** The time that a report may take, from when this is created. */
export class ReportTime {
  readonly #sinceMs = performance.now();
  readonly #last = new AbortController();
  readonly #over = new AbortController();
  readonly #slow: NodeJS.Timeout;
  #endsAtMs = 0;
  #timers: readonly NodeJS.Timeout[] = [];

  /** `onSlow` is called with the remaining time if the report has not got through after a while. */
  constructor(withinMs: number, onSlow: (leftSeconds: number) => void) {
    this.limit(withinMs);
    this.#slow = setTimeout(() => {
      const leftMs = this.#endsAtMs - performance.now();
      if (leftMs > 0) onSlow(Math.ceil(leftMs / 1000));
    }, TELL_AFTER_MS);
  }

  /** Aborts when it is time for the last try. */
  get last(): AbortSignal {
    return this.#last.signal;
  }

  /** Aborts when the time is over. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Sets the total time. */
  limit(withinMs: number): void {
    this.#stopTimers();
    this.#endsAtMs = this.#sinceMs + withinMs;
    const leftMs = this.#endsAtMs - performance.now();
    this.#timers = [
      setTimeout(() => this.#last.abort(), leftMs - LAST_TRY_MS),
      setTimeout(() => this.#end(), leftMs),
    ];
  }

  /** Makes the time end soon. */
  hurry(): void {
    setTimeout(() => this.#end(), HURRIED_WITHIN_MS).unref();
  }

  /** Call this once the report has got through, or was given up. */
  close(): void {
    clearTimeout(this.#slow);
    this.#stopTimers();
  }

  #end(): void {
    this.#over.abort();
    this.#last.abort();
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
