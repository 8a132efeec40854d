import { afterLoss, lasting } from "./attempts.ts";
import { inQueue, withEffects } from "./effects.ts";
import type { CancelEvent, CommandOutcome, TimerEvent, TimerOutcome } from "./events.ts";
import {
  type CancelledTask,
  type CancellingTask,
  NOTHING_SET,
  newTask,
  type PendingTask,
  type RunningTask,
  type StoredCancellation,
  type Task,
} from "./task.ts";
import { deadlineAtMs, graceEndsAtMs, NO_SIGNS, nextTimerAtMs, waitEndsAtMs } from "./timers.ts";

/**
 * A cancel is a latch: the first one is recorded and stays, even for a task nobody has declared. A
 * running task is told and ends later; a pending one ends at once. A failed one stays failed, and
 * does not run again.
 */
export function onCancel(task: Task | null, event: CancelEvent, nowMs: number): CommandOutcome {
  const ancestors = event.parent === undefined ? [] : [event.parent];
  const known = task ?? newTask(nowMs, { ...NOTHING_SET, ancestors });
  switch (known.status) {
    case "pending":
      return { kind: "changed", task: cancelPending(known, requested(event, null, nowMs)) };
    case "running":
      return {
        kind: "changed",
        task: beginCancelling(
          known,
          requested(event, event.gracePeriodSeconds ?? known.gracePeriodSeconds, nowMs),
        ),
      };
    case "cancelling":
      return shortenGrace(known, event.gracePeriodSeconds, nowMs);
    case "failed":
      if (known.cancellation !== null) return { kind: "unchanged", task: known };
      return {
        kind: "changed",
        task: {
          ...known,
          revision: known.revision + 1,
          cancellation: requested(event, null, nowMs),
        },
      };
    case "succeeded":
    case "cancelled":
    case "timed_out":
      return { kind: "unchanged", task: known };
  }
}

/** Nobody is running the task, so the cancel ends it. */
function cancelPending(task: PendingTask, cancellation: StoredCancellation): CancelledTask {
  return {
    ...lasting(task),
    startedAtMs: task.startedAtMs,
    status: cancellation.cause === "timeout" ? "timed_out" : "cancelled",
    revision: task.revision + 1,
    availableAtMs: null,
    endedAtMs: cancellation.requestedAtMs,
    result: null,
    error: null,
    cancellation,
  };
}

/** The receipt for a cancel that was requested, or that comes from the parent. */
function requested(
  { cause, reason, requestedBy }: CancelEvent,
  gracePeriodSeconds: number | null,
  nowMs: number,
): StoredCancellation {
  return {
    cause: cause ?? "request",
    reason,
    requestedBy,
    requestedAtMs: nowMs,
    deliveredAtMs: null,
    acknowledgedAtMs: null,
    gracePeriodSeconds,
    graceFromMs: null,
  };
}

/** A later cancel can only shorten the grace period that is left. */
function shortenGrace(
  task: CancellingTask,
  gracePeriodSeconds: number | null,
  nowMs: number,
): CommandOutcome {
  const { cancellation } = task;
  const shortened = { ...cancellation, gracePeriodSeconds, graceFromMs: nowMs };
  // A clock that was set back must not make a longer period end earlier.
  const isShorter = isLess(gracePeriodSeconds, cancellation.gracePeriodSeconds);
  if (!isShorter || !isLess(graceEndsAtMs(shortened), graceEndsAtMs(cancellation))) {
    return { kind: "unchanged", task };
  }
  return {
    kind: "changed",
    task: { ...task, revision: task.revision + 1, cancellation: shortened },
  };
}

function isLess(one: number | null, other: number | null): boolean {
  return one !== null && other !== null && one < other;
}

/**
 * Acts on at most one timer, never early. A deadline noticed late, because the service was down,
 * still gives the worker its full grace period, counted from now. If both the deadline and the
 * lease have passed, the deadline wins: there is no point in running the task again.
 */
export function onTimer(
  task: Task | null,
  { signs = NO_SIGNS }: TimerEvent,
  nowMs: number,
  chance: number,
): TimerOutcome {
  if (task === null) return { kind: "nothing_due" };
  const dueAtMs = nextTimerAtMs(task, signs);
  if (dueAtMs === null || nowMs < dueAtMs) return { kind: "nothing_due" };
  switch (task.status) {
    case "pending": {
      const endsAtMs = waitEndsAtMs(task);
      if (endsAtMs === null || nowMs < endsAtMs)
        return { kind: "noted", task: remind(task, nowMs) };
      return { kind: "changed", task: cancelPending(task, timeOut(task, null, nowMs)) };
    }
    case "running": {
      const deadlineMs = deadlineAtMs(task.startedAtMs, task.timeoutSeconds);
      if (deadlineMs === null || nowMs < deadlineMs) {
        return { kind: "changed", task: afterLoss(task, nowMs, chance) };
      }
      const cancellation = timeOut(task, task.gracePeriodSeconds, nowMs);
      return { kind: "changed", task: beginCancelling(task, cancellation) };
    }
    case "cancelling":
      return { kind: "changed", task: endCancelling(task, nowMs) };
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return { kind: "forgotten" };
  }
}

const LONGEST_REMINDER_SECONDS = 3600;

/** The task has waited for a long time. Its queue may have lost it, so it adds itself again. */
function remind(task: PendingTask, nowMs: number): PendingTask {
  if (task.reminder === undefined) return task;
  const afterSeconds = Math.min(LONGEST_REMINDER_SECONDS, task.reminder.afterSeconds * 2);
  const reminder = { afterSeconds, atMs: nowMs + afterSeconds * 1000 };
  return withEffects({ ...task, reminder }, inQueue(task));
}

/** The receipt for a cancel that nobody requested, because a time-out has passed. */
function timeOut(
  task: PendingTask | RunningTask,
  gracePeriodSeconds: number | null,
  nowMs: number,
): StoredCancellation {
  const isStarted = task.startedAtMs !== null;
  return {
    cause: "timeout",
    reason: isStarted
      ? `ran longer than its timeoutSeconds (${task.timeoutSeconds})`
      : `was not started within its startWithinSeconds (${task.startWithinSeconds})`,
    requestedBy: null,
    requestedAtMs: nowMs,
    deliveredAtMs: null,
    acknowledgedAtMs: null,
    gracePeriodSeconds,
    graceFromMs: null,
  };
}

/** Starts cancelling a running task. Nothing has been delivered yet. */
function beginCancelling(task: RunningTask, cancellation: StoredCancellation): CancellingTask {
  return { ...task, status: "cancelling", revision: task.revision + 1, cancellation };
}

/** Ends a cancelling task. Only its worker can say whether it has stopped. */
export function endCancelling(task: CancellingTask, nowMs: number): CancelledTask {
  return {
    ...lasting(task),
    startedAtMs: task.startedAtMs,
    cancellation: task.cancellation,
    status: task.cancellation.cause === "timeout" ? "timed_out" : "cancelled",
    revision: task.revision + 1,
    endedAtMs: nowMs,
    result: null,
    error: null,
  };
}

/**
 * Records the first delivery of a cancel to an open watch. The worker's grace period counts from
 * then. The revision stays the same. Returns the same task if there is nothing to record.
 */
export function withDelivery(task: Task, nowMs: number): Task {
  if (!("cancellation" in task) || task.cancellation === null) return task;
  const { deliveredAtMs, requestedAtMs, graceFromMs } = task.cancellation;
  if (deliveredAtMs !== null) return task;
  const cancellation = { ...task.cancellation, deliveredAtMs: nowMs };
  if (task.status !== "cancelling") return { ...task, cancellation };
  return {
    ...task,
    cancellation: { ...cancellation, graceFromMs: Math.max(graceFromMs ?? requestedAtMs, nowMs) },
  };
}
