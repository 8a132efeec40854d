import { endCancelling } from "./end-cancelling.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { CancellingTask, CompletedTask, EndedTask, RunningTask, Task } from "./task.ts";
import type { FinishEvent } from "./task-event.ts";

/**
 * The worker, and nobody else, says how its attempt ended. A worker that had finished before it
 * heard of a cancel may say so; nothing is `cancelled` that nobody cancelled.
 */
export function onFinish(task: Task | null, event: FinishEvent, nowMs: number): CommandOutcome {
  if (task === null) return { kind: "refused", refusal: "unknown", task };
  if (task.status === "pending") return { kind: "refused", refusal: "not_started", task };
  if (event.attempt !== task.attempt) return { kind: "refused", refusal: "stale_attempt", task };
  if ("holder" in task && event.holder !== null && event.holder !== task.holder) {
    return { kind: "refused", refusal: "stale_attempt", task };
  }
  switch (task.status) {
    case "running":
      if (event.status === "cancelled") return { kind: "refused", refusal: "not_cancelled", task };
      return { kind: "changed", task: complete(task, event.status, event, nowMs) };
    case "cancelling":
      if (event.status !== "cancelled") {
        return { kind: "changed", task: complete(task, event.status, event, nowMs) };
      }
      return {
        kind: "changed",
        task: endCancelling(task, {
          acknowledgedAtMs: nowMs,
          endedAtMs: nowMs,
          result: event.result,
          error: event.error,
        }),
      };
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      if (isSameEnd(task, event)) return { kind: "unchanged", task };
      return { kind: "refused", refusal: "ended", task };
  }
}

function complete(
  task: RunningTask | CancellingTask,
  status: CompletedTask["status"],
  event: FinishEvent,
  nowMs: number,
): CompletedTask {
  const { holder: _, ...kept } = task;
  return {
    ...kept,
    status,
    revision: task.revision + 1,
    endedAtMs: nowMs,
    result: event.result,
    error: event.error,
    cancellation: task.status === "cancelling" ? task.cancellation : null,
  };
}

/** A finish whose answer was lost is repeated; the worker calls both ends of a cancel `cancelled`. */
function isSameEnd(task: EndedTask, event: FinishEvent): boolean {
  return event.status === (task.status === "timed_out" ? "cancelled" : task.status);
}
