import { beginCancelling } from "./begin-cancelling.ts";
import { endCancelling } from "./end-cancelling.ts";
import { nextTimerAtMs } from "./next-timer-at-ms.ts";
import type { TimerOutcome } from "./outcome.ts";
import type { Task } from "./task.ts";

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
