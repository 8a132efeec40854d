import type { TaskState } from "../../worker-client/protocol.ts";
import type { TaskSummary } from "../../worker-client/protocol-directory.ts";
import { lastAttempt } from "./attempts.ts";
import { cancellationOf, isEnded, type Task } from "./task.ts";
import { toTaskState } from "./task-state.ts";
import { deadlineAtMs, graceEndsAtMs, waitEndsAtMs } from "./timers.ts";

/** What the directory is told about a task. May arrive late, twice or never: the task is the truth. */
export interface TaskHint {
  readonly createdAtMs: number;
  readonly summary: TaskSummary;
  /** When the task changes by itself at the latest, or null if it may never. */
  readonly dueAtMs: number | null;
  /** When the task is forgotten, or null if it has not ended. */
  readonly forgetAtMs: number | null;
}

/** A task as the directory last knew it. */
export interface HintedTask {
  readonly id: string;
  readonly createdAtMs: number;
  readonly revision: number;
}

/** The hint for a task in its current state. */
export function hintOf(id: string, task: Task): TaskHint {
  return {
    createdAtMs: task.createdAtMs,
    summary: summaryOf(toTaskState(id, task, 0)),
    dueAtMs: dueAtMs(task),
    forgetAtMs: isEnded(task) ? task.endedAtMs + task.retentionSeconds * 1000 : null,
  };
}

/** When a task last changed in a way that a list shows. */
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

/** A lease does not count: it moves with each sign of life. */
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
