import { cutText, type JsonValue } from "../../worker-client/protocol.ts";
import {
  type CompletedTask,
  firstReminder,
  type PendingTask,
  type RunningTask,
  type StoredAttempt,
  type StoredRetryPolicy,
  type Task,
  type TaskBase,
} from "./task.ts";

const MAX_ATTEMPTS = 20;
/** Longer errors are truncated in the history to keep a task's state small; `error` has all of it. */
const MAX_ERROR_CHARACTERS = 1024;
const CUT_ERROR_CHARACTERS = 256;

/** The current or last attempt, or null if the task was never started. */
export function lastAttempt(task: Task): StoredAttempt | null {
  return task.attempts.at(-1) ?? null;
}

/** Whether the task is running under a lease. */
export function isLeased(task: Task | null): task is RunningTask {
  return task?.status === "running" && task.leaseSeconds !== null;
}

/** Whether this holder already had an attempt, and that attempt is over. */
export function isSpent(task: Task, holder: string): boolean {
  return task.attempts.some(
    (one) => one.holder === holder && (one.outcome !== null || one.attempt < task.attempt),
  );
}

/** Returns the attempts with the next one started. One that was still running is fenced. */
export function startAttempt(
  attempts: readonly StoredAttempt[],
  started: Pick<StoredAttempt, "attempt" | "holder">,
  nowMs: number,
): readonly StoredAttempt[] {
  const next: StoredAttempt = {
    ...started,
    startedAtMs: nowMs,
    endedAtMs: null,
    outcome: null,
    error: null,
  };
  const earlier = endAttempt(attempts, { outcome: "fenced", error: null }, nowMs);
  return [...earlier, next].slice(-MAX_ATTEMPTS);
}

/** Returns the attempts with the last one ended. If it had ended already, it stays as it is. */
export function endAttempt(
  attempts: readonly StoredAttempt[],
  { outcome, error }: Pick<StoredAttempt, "outcome" | "error">,
  nowMs: number,
): readonly StoredAttempt[] {
  const last = attempts.at(-1);
  if (last === undefined || last.outcome !== null) return attempts;
  return [
    ...attempts.slice(0, -1),
    { ...last, outcome, endedAtMs: nowMs, error: shortError(error) },
  ];
}

/** What a task keeps from attempt to attempt. */
export function lasting(task: TaskBase): TaskBase {
  return {
    revision: task.revision,
    attempt: task.attempt,
    attempts: task.attempts,
    timeoutSeconds: task.timeoutSeconds,
    gracePeriodSeconds: task.gracePeriodSeconds,
    retentionSeconds: task.retentionSeconds,
    startWithinSeconds: task.startWithinSeconds,
    maxAttempts: task.maxAttempts,
    backoffSeconds: task.backoffSeconds,
    maxBackoffSeconds: task.maxBackoffSeconds,
    failures: task.failures,
    availableAtMs: task.availableAtMs,
    progress: task.progress,
    queued: task.queued,
    ancestors: task.ancestors,
    staysOn: task.staysOn,
    hasChildren: task.hasChildren,
    supersedes: task.supersedes,
    hasInput: task.hasInput,
    traceparent: task.traceparent,
    outbox: task.outbox,
    metadata: task.metadata,
    createdAtMs: task.createdAtMs,
  };
}

/** Ends the run. The task is pending again, and may start at `availableAtMs`, or at once if null. */
export function backToPending(
  task: RunningTask,
  end: Pick<StoredAttempt, "outcome" | "error">,
  availableAtMs: number | null,
  nowMs: number,
): PendingTask {
  return {
    ...lasting(task),
    status: "pending",
    revision: task.revision + 1,
    attempts: endAttempt(task.attempts, end, nowMs),
    availableAtMs,
    startedAtMs: task.startedAtMs,
    ...(task.queued && { reminder: firstReminder(availableAtMs ?? nowMs) }),
  };
}

/**
 * Ends a run whose lease has expired: the task waits for its next attempt, or fails if it has none
 * left. The next attempt has to wait for the grace period, because the worker may still be alive
 * and needs that time to stop.
 */
export function afterLoss(
  task: RunningTask,
  nowMs: number,
  chance: number,
): PendingTask | CompletedTask {
  const failures = task.failures + 1;
  const lost = { ...task, failures };
  const stoppedAtMs = nowMs + task.gracePeriodSeconds * 1000;
  const message = `the worker gave no sign of life within its lease of ${task.leaseSeconds} s`;
  const end = { outcome: "lost", error: { type: "lease-lost", message } } as const;
  if (failures < task.maxAttempts) {
    const seconds = nextAttemptInSeconds(task, failures, chance);
    return backToPending(lost, end, stoppedAtMs + seconds * 1000, nowMs);
  }
  return {
    ...lasting(lost),
    status: "failed",
    revision: task.revision + 1,
    attempts: endAttempt(task.attempts, end, nowMs),
    availableAtMs: stoppedAtMs,
    startedAtMs: task.startedAtMs,
    endedAtMs: nowMs,
    result: null,
    error: end.error,
    cancellation: null,
  };
}

/**
 * Seconds to wait before the next attempt: exponential back-off with full jitter, so that tasks
 * that failed together are not retried together. `chance` is a random number from 0 to 1.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function nextAttemptInSeconds(
  { backoffSeconds, maxBackoffSeconds }: StoredRetryPolicy,
  failures: number,
  chance: number,
): number {
  return chance * Math.min(maxBackoffSeconds, backoffSeconds * 2 ** (failures - 1));
}

/** Returns the attempts with the last one open again, because it was given up too early. */
export function withoutEnd(attempts: readonly StoredAttempt[]): readonly StoredAttempt[] {
  return attempts.map((one, index) =>
    index < attempts.length - 1 ? one : { ...one, endedAtMs: null, outcome: null, error: null },
  );
}

function shortError(error: JsonValue): JsonValue {
  const json = JSON.stringify(error);
  if (json.length <= MAX_ERROR_CHARACTERS) return error;
  const text = typeof error === "string" ? error : json;
  return `${cutText(text, CUT_ERROR_CHARACTERS)}…`;
}
