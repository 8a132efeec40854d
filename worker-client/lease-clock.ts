import { startTimeout } from "./timer.ts";

/** A clock that rings later than this was held up: the process was busy, or stopped. */
const LATE_MS = 1000;

interface LeaseOptions {
  readonly seconds: number;
  /** When the first request was sent that has renewed the lease. */
  readonly sinceMs: number;
  /** Asks the service whether the run still counts. Resolves if it does. */
  readonly ask: () => Promise<unknown>;
  /** Called when the lease is over. */
  readonly lose: (cause?: unknown) => void;
}

/**
 * The worker's own end of a lease. It counts from when the last request was sent that was answered,
 * by a monotonic clock, so it is over before the service hands the task on. A worker that was held up
 * asks first: what it sent may have been answered, or the service may still be patient.
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

  /** A request was answered that was sent then. */
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
