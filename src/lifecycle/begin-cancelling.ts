import type { CancellingTask, RunningTask, StoredCancellation } from "./task.ts";

type NewCancellation = Omit<StoredCancellation, "deliveredAtMs" | "acknowledgedAtMs">;

/** A running task is told to stop; nobody has heard of it yet. */
export function beginCancelling(task: RunningTask, cancellation: NewCancellation): CancellingTask {
  return {
    ...task,
    status: "cancelling",
    revision: task.revision + 1,
    cancellation: { ...cancellation, deliveredAtMs: null, acknowledgedAtMs: null },
  };
}
