import type { StoredCancellation, Task } from "./task.ts";

/** The cancellation on record, if there is one. */
export function cancellationOf(task: Task): StoredCancellation | null {
  return "cancellation" in task ? task.cancellation : null;
}
