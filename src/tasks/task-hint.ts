import type { TaskState } from "../../worker-client/protocol.ts";
import type { TaskSummary } from "../../worker-client/protocol-directory.ts";
import { lastAttempt } from "./attempts.ts";
import { cancellationOf, isEnded, type Task } from "./task.ts";
import { toTaskState } from "./task-state.ts";
import { deadlineAtMs, graceEndsAtMs, waitEndsAtMs } from "./timers.ts";

/** What the directory is told of a task. It may come late, twice or never: the task is the truth. */
export interface TaskHint {
  readonly createdAtMs: number;
  readonly summary: TaskSummary;
  /** By then it has changed again, come what may. Null: nobody can say. */
  readonly dueAtMs: number | null;
  /** From then on nothing is known of it. Null: it has not ended. */
  readonly forgetAtMs: number | null;
}

/** A task in the directory, as it was. */
export interface HintedTask {
  readonly id: string;
  readonly createdAtMs: number;
  readonly revision: number;
}

/** What the directory is told of a task as it is now. */
export function hintOf(id: string, task: Task): TaskHint {
  return {
    createdAtMs: task.createdAtMs,
    summary: summaryOf(toTaskState(id, task, 0)),
    dueAtMs: dueAtMs(task),
    forgetAtMs: isEnded(task) ? task.endedAtMs + task.retentionSeconds * 1000 : null,
  };
}

/** When a task has changed last, as far as a list shows it. */
export function changedAtMs(task: Task): number {
  const attempt = lastAttempt(task);
  return Math.max(
    task.createdAtMs,
    attempt?.startedAtMs ?? 0,
    attempt?.endedAtMs ?? 0,
    cancellationOf(task)?.requestedAtMs ?? 0,
    isEnded(task) ? task.endedAtMs : 0,
  );
}

/** What a list shows of a task. */
export function summaryOf(state: TaskState): TaskSummary {
  const { cancellation } = state;
  return {
    id: state.id,
    status: state.status,
    revision: state.revision,
    attempt: state.attempt,
    queue: state.queue,
    parent: state.parent,
    priority: state.priority,
    createdAt: state.createdAt,
    startedAt: state.startedAt,
    deadlineAt: state.deadlineAt,
    endedAt: state.endedAt,
    availableAt: state.availableAt,
    cancellation: cancellation && {
      cause: cancellation.cause,
      reason: cancellation.reason,
      requestedBy: cancellation.requestedBy,
      requestedAt: cancellation.requestedAt,
      acknowledgedAt: cancellation.acknowledgedAt,
    },
  };
}

/** A lease is no such time: it moves with each sign of life. */
function dueAtMs(task: Task): number | null {
  switch (task.status) {
    case "pending":
      return waitEndsAtMs(task);
    case "running":
      return deadlineAtMs(task.startedAtMs, task.timeoutSeconds);
    case "cancelling":
      return graceEndsAtMs(task.cancellation);
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return null;
  }
}
