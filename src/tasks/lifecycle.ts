import { endCancelling, onCancel, onTimer } from "./cancellation.ts";
import type {
  CommandOutcome,
  DeclareEvent,
  FinishEvent,
  ForgetEvent,
  ForgetOutcome,
  StartEvent,
  TaskCommand,
  TaskEvent,
  TimerEvent,
  TimerOutcome,
} from "./events.ts";
import {
  type CancellingTask,
  type CompletedTask,
  type EndedTask,
  isEnded,
  newTask,
  type PendingTask,
  type RunningTask,
  type Task,
} from "./task.ts";

/**
 * The life of a task, whole: what an event makes of a task at a time (milliseconds since 1970).
 * Pure: no clock, no storage, no platform. An unknown task is `null`.
 */
export function transition(task: Task | null, event: TaskCommand, nowMs: number): CommandOutcome;
export function transition(task: Task | null, event: ForgetEvent, nowMs: number): ForgetOutcome;
export function transition(task: Task | null, event: TimerEvent, nowMs: number): TimerOutcome;
export function transition(
  task: Task | null,
  event: TaskEvent,
  nowMs: number,
): CommandOutcome | ForgetOutcome | TimerOutcome {
  switch (event.type) {
    case "declare":
      return onDeclare(task, event, nowMs);
    case "start":
      return onStart(task, event, nowMs);
    case "cancel":
      return onCancel(task, event, nowMs);
    case "finish":
      return onFinish(task, event, nowMs);
    case "forget":
      return onForget(task);
    case "timer":
      return onTimer(task, nowMs);
  }
}

/** The first declaration makes the task; whatever is known already stays as it is. */
function onDeclare(task: Task | null, event: DeclareEvent, nowMs: number): CommandOutcome {
  if (task !== null) return { kind: "unchanged", task };
  const declared = newTask(nowMs, event);
  return { kind: "changed", task: { ...declared, revision: declared.revision + 1 } };
}

/**
 * The same holder again gets the same attempt, so a start whose answer was lost can be repeated.
 * Another holder gets the next attempt, and the earlier one is fenced.
 */
function onStart(task: Task | null, event: StartEvent, nowMs: number): CommandOutcome {
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

/**
 * The worker, and nobody else, says how its attempt ended. A worker that had finished before it
 * heard of a cancel may say so; nothing is `cancelled` that nobody cancelled.
 */
function onFinish(task: Task | null, event: FinishEvent, nowMs: number): CommandOutcome {
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

/** Only what has ended can be forgotten; what is not known is forgotten already. */
function onForget(task: Task | null): ForgetOutcome {
  if (task === null || isEnded(task)) return { kind: "forgotten" };
  return { kind: "refused", refusal: "alive", task };
}
