import { deadlineAtMs } from "./deadline-at-ms.ts";
import { graceEndsAtMs } from "./grace-ends-at-ms.ts";
import type { Task } from "./task.ts";

/** When the task's next timer is due: deadline, end of grace or end of retention. Null: never. */
export function nextTimerAtMs(task: Task): number | null {
  switch (task.status) {
    case "pending":
      return null;
    case "running":
      return deadlineAtMs(task.startedAtMs, task.timeoutSeconds);
    case "cancelling":
      return graceEndsAtMs(task.cancellation);
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return task.endedAtMs + task.retentionSeconds * 1000;
  }
}
