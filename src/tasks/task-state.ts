import type { Attempt, Cancellation, Lease, TaskState } from "../../worker-client/protocol.ts";
import { parentOf } from "./family.ts";
import {
  cancellationOf,
  type RunningTask,
  type StoredAttempt,
  type StoredCancellation,
  type Task,
} from "./task.ts";
import {
  deadlineAtMs,
  graceEndsAtMs,
  lastSignAtMs,
  leaseEndsAtMs,
  NO_SIGNS,
  type SignsOfLife,
} from "./timers.ts";

/** A stored task as every reader sees it. */
export function toTaskState(
  id: string,
  task: Task,
  watchers: number,
  signs: SignsOfLife = NO_SIGNS,
): TaskState {
  const cancellation = cancellationOf(task);
  const startedAtMs = "startedAtMs" in task ? task.startedAtMs : null;
  return {
    id,
    status: task.status,
    revision: task.revision,
    attempt: task.attempt,
    createdAt: rfc3339(task.createdAtMs),
    startedAt: rfc3339(startedAtMs),
    deadlineAt: rfc3339(deadlineAtMs(startedAtMs, task.timeoutSeconds)),
    endedAt: rfc3339("endedAtMs" in task ? task.endedAtMs : null),
    cancellation: cancellation && toCancellation(cancellation),
    metadata: task.metadata,
    result: "result" in task ? task.result : null,
    error: "error" in task ? task.error : null,
    attempts: task.attempts.map(toAttempt),
    maxAttempts: task.maxAttempts,
    failures: task.failures,
    availableAt: rfc3339(task.availableAtMs),
    lease: task.status === "running" ? toLease(task, signs) : null,
    progress: task.progress,
    parent: parentOf(task),
    // The task's core fills this in.
    descendants: null,
    queue: task.queued?.name ?? null,
    priority: task.queued?.priority ?? 0,
    traceparent: task.traceparent,
    watchers,
  };
}

function toLease(task: RunningTask, signs: SignsOfLife): Lease | null {
  const endsAtMs = leaseEndsAtMs(task, signs);
  if (task.leaseSeconds === null || endsAtMs === null) return null;
  return {
    seconds: task.leaseSeconds,
    heardAt: rfc3339(lastSignAtMs(task, signs)),
    hasLine: signs.hasLine,
    endsAt: rfc3339(endsAtMs),
  };
}

function toAttempt({
  attempt,
  holder,
  startedAtMs,
  endedAtMs,
  outcome,
  error,
}: StoredAttempt): Attempt {
  return {
    attempt,
    holder,
    startedAt: rfc3339(startedAtMs),
    endedAt: rfc3339(endedAtMs),
    outcome,
    error,
  };
}

function toCancellation(stored: StoredCancellation): Cancellation {
  return {
    cause: stored.cause,
    reason: stored.reason,
    requestedBy: stored.requestedBy,
    requestedAt: rfc3339(stored.requestedAtMs),
    deliveredAt: rfc3339(stored.deliveredAtMs),
    acknowledgedAt: rfc3339(stored.acknowledgedAtMs),
    gracePeriodSeconds: stored.gracePeriodSeconds,
    graceEndsAt: rfc3339(graceEndsAtMs(stored)),
  };
}

/** A time as the API shows it. */
export function rfc3339(atMs: number): string;
export function rfc3339(atMs: number | null): string | null;
export function rfc3339(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
