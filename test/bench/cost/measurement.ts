import type { BilledCounts } from "./billed-counts.ts";
import type { Mode } from "./mode.ts";

/** What came of one mode. */
export interface Measurement {
  readonly mode: Mode;
  /** How many tasks were watched, and for how long they were counted. */
  readonly tasks: number;
  readonly windowSeconds: number;
  /** What one watch costs once, to be opened. */
  readonly opening: BilledCounts;
  /** What one watch costs in each hour. */
  readonly hour: BilledCounts;
  /** How long a watched object is in memory, in seconds of each hour. */
  readonly inMemorySeconds: number;
  /** The most objects that were in memory at once, in all the window. */
  readonly mostInMemory: number;
  /** What the objects said when they were asked after the window; null: the build cannot be asked. */
  readonly asked: Asked | null;
}

interface Asked {
  /** Watchers that the objects know of: the watches were really there. */
  readonly watchers: number;
  /** Objects that had to be constructed again: they had really been gone. */
  readonly constructions: number;
}
