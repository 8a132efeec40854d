import { newTask } from "./new-task.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { PendingTask, RunningTask, Task } from "./task.ts";
import type { StartEvent } from "./task-event.ts";

/**
 * The same holder again gets the same attempt, so a start whose answer was lost can be repeated.
 * Another holder gets the next attempt, and the earlier one is fenced.
 */
export function onStart(task: Task | null, event: StartEvent, nowMs: number): CommandOutcome {
  const known = task ?? newTask(nowMs);
  switch (known.status) {
    case "pending":
      return { kind: "changed", task: firstAttempt(known, event.holder, nowMs) };
    case "running":
      if (known.holder === event.holder) return { kind: "unchanged", task: known };
      return { kind: "changed", task: nextAttempt(known, event.holder) };
    case "cancelling":
      if (known.holder === event.holder) return { kind: "unchanged", task: known };
      return { kind: "refused", refusal: "cancelling", task };
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return { kind: "refused", refusal: "ended", task };
  }
}

function firstAttempt(task: PendingTask, holder: string, nowMs: number): RunningTask {
  return {
    ...task,
    status: "running",
    revision: task.revision + 1,
    attempt: 1,
    holder,
    startedAtMs: nowMs,
  };
}

/** The start of the task stays the first one: a deadline holds for the task, not for each try. */
function nextAttempt(task: RunningTask, holder: string): RunningTask {
  return { ...task, revision: task.revision + 1, attempt: task.attempt + 1, holder };
}
