import type { JsonValue } from "../../worker-client/protocol.ts";
import type { CancelEvent, CommandOutcome, TimerOutcome } from "./events.ts";
import {
  type CancelledTask,
  type CancellingTask,
  newTask,
  nextTimerAtMs,
  type PendingTask,
  type RunningTask,
  type StoredCancellation,
  type Task,
} from "./task.ts";

/**
 * A cancel is a latch: the first one is recorded and stays, also for a task nobody has declared.
 * A running task is told and ends later; one that never ran ends at once.
 */
export function onCancel(task: Task | null, event: CancelEvent, nowMs: number): CommandOutcome {
  const known = task ?? newTask(nowMs);
  switch (known.status) {
    case "pending":
      return { kind: "changed", task: cancelledBeforeStart(known, event, nowMs) };
    case "running":
      return {
        kind: "changed",
        task: beginCancelling(known, {
          cause: "request",
          reason: event.reason,
          requestedBy: event.requestedBy,
          requestedAtMs: nowMs,
          gracePeriodSeconds: event.gracePeriodSeconds ?? known.gracePeriodSeconds,
        }),
      };
    case "cancelling":
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return { kind: "unchanged", task: known };
  }
}

function cancelledBeforeStart(task: PendingTask, event: CancelEvent, nowMs: number): CancelledTask {
  return {
    ...task,
    status: "cancelled",
    revision: task.revision + 1,
    startedAtMs: null,
    endedAtMs: nowMs,
    result: null,
    error: null,
    cancellation: {
      cause: "request",
      reason: event.reason,
      requestedBy: event.requestedBy,
      requestedAtMs: nowMs,
      deliveredAtMs: null,
      acknowledgedAtMs: null,
      gracePeriodSeconds: null,
    },
  };
}

/**
 * One timer acts if it is due, never early. A deadline that is noticed late (the service was down)
 * still leaves the worker its whole grace period, counted from now.
 */
export function onTimer(task: Task | null, nowMs: number): TimerOutcome {
  if (task === null) return { kind: "nothing_due" };
  const dueAtMs = nextTimerAtMs(task);
  if (dueAtMs === null || nowMs < dueAtMs) return { kind: "nothing_due" };
  switch (task.status) {
    case "pending":
      return { kind: "nothing_due" };
    case "running":
      return {
        kind: "changed",
        task: beginCancelling(task, {
          cause: "timeout",
          reason: `ran longer than its timeoutSeconds (${task.timeoutSeconds})`,
          requestedBy: null,
          requestedAtMs: nowMs,
          gracePeriodSeconds: task.gracePeriodSeconds,
        }),
      };
    case "cancelling":
      return {
        kind: "changed",
        task: endCancelling(task, {
          acknowledgedAtMs: null,
          endedAtMs: nowMs,
          result: null,
          error: null,
        }),
      };
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return { kind: "forgotten" };
  }
}

type NewCancellation = Omit<StoredCancellation, "deliveredAtMs" | "acknowledgedAtMs">;

/** A running task is told to stop; nobody has heard of it yet. */
function beginCancelling(task: RunningTask, cancellation: NewCancellation): CancellingTask {
  return {
    ...task,
    status: "cancelling",
    revision: task.revision + 1,
    cancellation: { ...cancellation, deliveredAtMs: null, acknowledgedAtMs: null },
  };
}

interface Ending {
  /** When the worker confirmed; null if the grace period is over and nobody did. */
  readonly acknowledgedAtMs: number | null;
  readonly endedAtMs: number;
  readonly result: JsonValue;
  readonly error: JsonValue;
}

/** A cancelling task has stopped, or counts as stopped. */
export function endCancelling(task: CancellingTask, ending: Ending): CancelledTask {
  const { holder: _, ...kept } = task;
  return {
    ...kept,
    status: task.cancellation.cause === "timeout" ? "timed_out" : "cancelled",
    revision: task.revision + 1,
    endedAtMs: ending.endedAtMs,
    result: ending.result,
    error: ending.error,
    cancellation: { ...task.cancellation, acknowledgedAtMs: ending.acknowledgedAtMs },
  };
}

/**
 * Notes on the receipt that the cancel was handed to a live watcher, the first time only.
 * A note is no change: the revision stays. Where there is nothing to note, the same task comes back.
 */
export function withDelivery(task: Task, nowMs: number): Task {
  if (!("cancellation" in task) || task.cancellation === null) return task;
  if (task.cancellation.deliveredAtMs !== null) return task;
  return { ...task, cancellation: { ...task.cancellation, deliveredAtMs: nowMs } };
}
