import type { Task } from "../../../src/tasks/task.ts";

/** When the task's timer is due, in other words than the service's; never: infinity. */
export function dueAtMs(task: Task): number {
  if ("endedAtMs" in task) return task.endedAtMs + task.retentionSeconds * 1000;
  if (task.status === "cancelling") {
    const { requestedAtMs, gracePeriodSeconds } = task.cancellation;
    return requestedAtMs + (gracePeriodSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  }
  if (task.status === "pending" || task.timeoutSeconds === null) return Number.POSITIVE_INFINITY;
  return task.startedAtMs + task.timeoutSeconds * 1000;
}
