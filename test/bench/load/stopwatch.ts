import { createHistogram } from "node:perf_hooks";
import { processUsage } from "../../lab/measure.ts";
import type { Timing } from "./job.ts";

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

interface Shares {
  readonly generatorShare: number;
  readonly serviceShare: number;
}

/** Begins to count the CPU that this process and the service take; call the answer for the shares of a core. */
export function startShares(servicePid: number): () => Shares {
  const beganAtMs = performance.now();
  const generator = process.cpuUsage();
  const service = processUsage(servicePid).cpuSeconds;
  return () => {
    const seconds = (performance.now() - beganAtMs) / 1000;
    const { user, system } = process.cpuUsage(generator);
    return {
      generatorShare: (user + system) / 1e6 / seconds,
      serviceShare: (processUsage(servicePid).cpuSeconds - service) / seconds,
    };
  };
}
