import { startTimeout } from "./timer.ts";

/** A timer that fires later than this was held up: the process was busy, or suspended. */
const LATE_MS = 1000;

interface LeaseOptions {
  readonly seconds: number;
  /** When the request that began the lease was sent, by `performance.now()`. */
  readonly sinceMs: number;
  /** Asks the service whether the run still counts. Resolves if it does. */
  readonly ask: () => Promise<unknown>;
  /** Called when the lease is over. */
  readonly lose: (cause?: unknown) => void;
}

/**
 * The worker's own clock of its lease. The lease counts from when the last answered request was sent,
 * by a monotonic clock, so it ends here before the service hands the task on. A worker that was held
 * up asks the service first: a response may be waiting, or the service may not have given up yet.
 */
export class LeaseClock {
  readonly #options: LeaseOptions;
  #heardAtMs: number;
  #isStopped = false;
  #stopTimer = () => {};

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#heardAtMs = options.sinceMs;
    this.#wait();
  }

  /** Renews the lease, because a request that was sent at this time was answered. */
  heard(sentAtMs: number): void {
    this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }

  #wait(): void {
    if (this.#isStopped) return;
    const { ask, lose } = this.#options;
    this.#stopTimer = startTimeout(Math.max(0, -this.#lateMs()), () => {
      const lateMs = this.#lateMs();
      if (lateMs < 0) this.#wait();
      else if (lateMs <= LATE_MS) lose();
      else ask().then(() => this.#wait(), lose);
    });
  }

  #lateMs(): number {
    return performance.now() - this.#heardAtMs - this.#options.seconds * 1000;
  }
}
