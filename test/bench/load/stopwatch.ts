import { createHistogram } from "node:perf_hooks";
import type { Timing } from "./outcome.ts";

const NANOSECONDS_PER_MS = 1e6;

/** Collects how long things take. */
export class Stopwatch {
  readonly #histogram = createHistogram();
  #firstAtMs = Number.POSITIVE_INFINITY;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** Notes one thing that began and ended at these times of `performance.now()`. */
  note(beganAtMs: number, endedAtMs: number): void {
    this.#firstAtMs = Math.min(this.#firstAtMs, beganAtMs);
    this.#lastAtMs = Math.max(this.#lastAtMs, endedAtMs);
    // A histogram counts from 1.
    this.#histogram.record(Math.max(1, Math.round((endedAtMs - beganAtMs) * NANOSECONDS_PER_MS)));
  }

  timing(): Timing {
    const { count, max } = this.#histogram;
    if (count === 0) return { count, seconds: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };
    return {
      count,
      seconds: (this.#lastAtMs - this.#firstAtMs) / 1000,
      p50Ms: this.#histogram.percentile(50) / NANOSECONDS_PER_MS,
      p99Ms: this.#histogram.percentile(99) / NANOSECONDS_PER_MS,
      maxMs: max / NANOSECONDS_PER_MS,
    };
  }
}
