import type { StopReason } from "./stop-reason.ts";

/** A command was told to stop while it ran. */
export interface CommandStop {
  readonly reason: StopReason;
  /** What told it so. */
  readonly signal: NodeJS.Signals;
}
