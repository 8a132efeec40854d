import type { BilledCounts } from "./billed-counts.ts";

/** What a metered build has counted since it started, and how it is at the moment. */
export interface MeterReading extends Omit<BilledCounts, "socketMessages"> {
  /** Constructor runs: an object that slept is constructed again by its next event. */
  readonly constructions: number;
  /** Objects that exist in memory now, after a garbage collection. */
  readonly inMemory: number;
}
