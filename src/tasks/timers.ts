import type { PendingTask, RunningTask, StoredCancellation, Task } from "./task.ts";

/** What the platform knows about the worker of a run, besides what is on disk. */
export interface SignsOfLife {
  /** The last one, in milliseconds since 1970, or −Infinity if there is none. */
  readonly heardAtMs: number;
  /** Whether the worker has a connection open. */
  readonly hasLine: boolean;
}

export const NO_SIGNS: SignsOfLife = { heardAtMs: Number.NEGATIVE_INFINITY, hasLine: false };

/** An open connection may be silent for this many leases: a busy worker must not be taken for dead. */
const MUTE_LEASES = 5;
const LONGEST_MUTE_SECONDS = 900;

/**
 * When the task's next timer is due: start limit, reminder, deadline, or end of the lease, the
 * grace period or the retention. Null if never.
 */
export function nextTimerAtMs(task: Task, signs: SignsOfLife = NO_SIGNS): number | null {
  switch (task.status) {
    case "pending":
      return earliest(waitEndsAtMs(task), task.reminder?.atMs ?? null);
    case "running":
      return earliest(
        deadlineAtMs(task.startedAtMs, task.timeoutSeconds),
        leaseEndsAtMs(task, signs),
      );
    case "cancelling":
      return graceEndsAtMs(task.cancellation);
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      // Forgetting the task would lose its outbox.
      if (task.outbox.length > 0) return null;
      return task.endedAtMs + task.retentionSeconds * 1000;
  }
}

/** When a pending task times out, or null if never. */
export function waitEndsAtMs(task: PendingTask): number | null {
  return earliest(startByAtMs(task), deadlineAtMs(task.startedAtMs, task.timeoutSeconds));
}

/** When a running task is cancelled by the service itself, or null if never. */
export function deadlineAtMs(
  startedAtMs: number | null,
  timeoutSeconds: number | null,
): number | null {
  if (startedAtMs === null || timeoutSeconds === null) return null;
  return startedAtMs + timeoutSeconds * 1000;
}

/** When a task that was never started times out, or null if never. */
function startByAtMs(task: PendingTask): number | null {
  if (task.startWithinSeconds === null || task.attempt > 0) return null;
  const fromMs = Math.max(task.createdAtMs, task.availableAtMs ?? 0);
  return fromMs + task.startWithinSeconds * 1000;
}

/** When a run counts as lost if nothing more is heard, or null if it holds no lease. */
export function leaseEndsAtMs(task: RunningTask, signs: SignsOfLife): number | null {
  const { leaseSeconds } = task;
  if (leaseSeconds === null) return null;
  const muteSeconds = Math.max(
    leaseSeconds,
    Math.min(LONGEST_MUTE_SECONDS, MUTE_LEASES * leaseSeconds),
  );
  return lastSignAtMs(task, signs) + (signs.hasLine ? muteSeconds : leaseSeconds) * 1000;
}

/** When the worker of a run was last heard from. */
export function lastSignAtMs(task: RunningTask, signs: SignsOfLife): number {
  return Math.max(task.heardAtMs, signs.heardAtMs);
}

/** When a cancelled task counts as stopped anyway, or null if no worker was running. */
export function graceEndsAtMs(cancellation: StoredCancellation): number | null {
  if (cancellation.gracePeriodSeconds === null) return null;
  const fromMs = cancellation.graceFromMs ?? cancellation.requestedAtMs;
  return fromMs + cancellation.gracePeriodSeconds * 1000;
}

/** The earliest of some times, each of which may be null for never. Null if all are. */
export function earliest(...times: readonly (number | null)[]): number | null {
  const due = times.filter((atMs) => atMs !== null);
  return due.length === 0 ? null : Math.min(...due);
}
