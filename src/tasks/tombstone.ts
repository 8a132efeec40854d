import { DECLARED_WITHIN_MS } from "./doubt.ts";
import type { TaskCommand } from "./events.ts";

/**
 * Kept for a while after a child was forgotten. A Worker may still create the child from an earlier
 * adoption, which knows nothing of a cancel that came since.
 */
export interface Tombstone {
  /** By the parent's clock. Adoptions up to this time are outdated. */
  readonly forgottenAtMs: number;
  /** When this expires, by the child's own clock. No Worker takes longer to create a child. */
  readonly untilMs: number;
}

/** A parent's reply to a child that is about to be forgotten. */
export interface Farewell {
  /** Adoptions up to this time may still create the child. Null if none can. */
  readonly adoptedByMs: number | null;
}

/** The tombstone of a task, which may have an earlier one. Null if none is needed. */
export function tombstoneOf(
  before: Tombstone | null,
  adoptedByMs: number | null,
  nowMs: number,
): Tombstone | null {
  const known = before !== null && nowMs < before.untilMs ? before : null;
  if (adoptedByMs === null) return known;
  const forgottenAtMs = Math.max(adoptedByMs, known?.forgottenAtMs ?? 0);
  return { forgottenAtMs, untilMs: nowMs + 2 * DECLARED_WITHIN_MS };
}

/** Whether a command would create a forgotten child from an outdated adoption, or without one. */
export function isOutdated(
  tombstone: Tombstone | null,
  command: TaskCommand,
  nowMs: number,
): boolean {
  if (!("adoptedAtMs" in command)) return false;
  const { adoptedAtMs = Number.POSITIVE_INFINITY } = command;
  if (adoptedAtMs === null) return true;
  return tombstone !== null && nowMs < tombstone.untilMs && adoptedAtMs <= tombstone.forgottenAtMs;
}
