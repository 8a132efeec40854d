import type { JsonValue } from "../../worker-client/protocol.ts";
import type { CancelledTask, CancellingTask } from "./task.ts";

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
