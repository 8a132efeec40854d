import type { BulkCancellation, TaskSelection } from "../../worker-client/protocol-directory.ts";
import type { Covered, Position, TaskFilter } from "./query.ts";

/** What to cancel, and what the caller's token covers. */
export interface BulkOrder {
  readonly id: string;
  readonly select: TaskSelection;
  readonly filter: TaskFilter;
  readonly covered: Covered;
  readonly reason: string | null;
  readonly gracePeriodSeconds: number | null;
  readonly requestedBy: string | null;
  readonly dryRun: boolean;
}

/** A bulk cancel as it is stored. The tasks it waits for are in a table. */
export interface StoredBulk extends BulkOrder {
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** How far the list has been read, or null if to its end. */
  readonly after: Position | null;
  readonly matched: number;
  readonly requested: number;
  readonly ended: number;
  readonly acknowledged: number;
  /** When a task was last cancelled or found to have ended. Earlier versions did not store it. */
  readonly progressAtMs?: number;
}

const FIRST_LOOK_AFTER_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/**
 * How long to wait before the next round: as long as nothing has come of the last ones, so each pause is
 * about twice the one before. It is not kept in memory, because the object sleeps through a long pause.
 */
export function pauseAfter({ progressAtMs, createdAtMs }: StoredBulk, nowMs: number): number {
  const idleMs = nowMs - (progressAtMs ?? createdAtMs);
  return Math.max(FIRST_LOOK_AFTER_MS, Math.min(LONGEST_PAUSE_MS, idleMs));
}

/** A bulk cancel as its caller sees it. */
export function toBulkCancellation(bulk: StoredBulk): BulkCancellation {
  const { createdAtMs, endedAtMs } = bulk;
  return {
    id: bulk.id,
    status: endedAtMs === null ? "running" : "done",
    select: bulk.select,
    reason: bulk.reason,
    requestedBy: bulk.requestedBy,
    dryRun: bulk.dryRun,
    createdAt: new Date(createdAtMs).toISOString(),
    endedAt: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
    matched: bulk.matched,
    isMatched: bulk.after === null,
    requested: bulk.requested,
    ended: bulk.ended,
    acknowledged: bulk.acknowledged,
  };
}
