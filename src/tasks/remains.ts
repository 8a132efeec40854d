import { DECLARED_WITHIN_MS } from "./doubt.ts";
import type { TaskCommand } from "./events.ts";

/**
 * Kept for a while after a child was forgotten. A Worker may be about to make the child by an
 * adoption from before that, which knows nothing of a cancel that has come since.
 */
export interface Remains {
  /** By the clock of its parent: what that has adopted up to then is out of date. */
  readonly forgottenAtMs: number;
  /** By its own clock: a Worker that takes longer has been ended. */
  readonly untilMs: number;
}

/** What a parent says to a child that is about to be forgotten. */
export interface Farewell {
  /** Adoptions up to then may still make it; null: none can. */
  readonly adoptedByMs: number | null;
}

/** What remains of a task, of which something may remain from before; null: nothing. */
export function remainsOf(
  before: Remains | null,
  adoptedByMs: number | null,
  nowMs: number,
): Remains | null {
  const known = before !== null && nowMs < before.untilMs ? before : null;
  if (adoptedByMs === null) return known;
  const forgottenAtMs = Math.max(adoptedByMs, known?.forgottenAtMs ?? 0);
  return { forgottenAtMs, untilMs: nowMs + 2 * DECLARED_WITHIN_MS };
}

/** Whether a command would make a forgotten child by an adoption that is out of date. */
export function isOutdated(remains: Remains | null, command: TaskCommand, nowMs: number): boolean {
  if (remains === null || nowMs >= remains.untilMs || !("adoptedAtMs" in command)) return false;
  const { adoptedAtMs = Number.POSITIVE_INFINITY } = command;
  return adoptedAtMs <= remains.forgottenAtMs;
}
