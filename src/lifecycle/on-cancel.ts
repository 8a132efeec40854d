import { beginCancelling } from "./begin-cancelling.ts";
import { newTask } from "./new-task.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { CancelledTask, PendingTask, Task } from "./task.ts";
import type { CancelEvent } from "./task-event.ts";

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
