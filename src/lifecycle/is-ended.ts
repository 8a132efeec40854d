import type { EndedTask, Task } from "./task.ts";

/** Whether nothing can change the task's status any more. */
export function isEnded(task: Task): task is EndedTask {
  switch (task.status) {
    case "pending":
    case "running":
    case "cancelling":
      return false;
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return true;
  }
}
