import { endAttempt, lastAttempt, startAttempt, wasFenced } from "./attempts.ts";
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
  type CancelledTask,
  type CancellingTask,
  type CompletedTask,
  type EndedTask,
  isEnded,
  newTask,
  type PendingTask,
  type RunningTask,
  type Task,
  type TaskBase,
} from "./task.ts";

/**
 * The whole life of a task: what an event at a given time (milliseconds since 1970) makes of it.
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

/** The first declaration makes the task. A task that is known already stays as it is. */
function onDeclare(task: Task | null, event: DeclareEvent, nowMs: number): CommandOutcome {
  if (task !== null) return { kind: "unchanged", task };
  const declared = newTask(nowMs, event);
  return { kind: "changed", task: { ...declared, revision: declared.revision + 1 } };
}

/**
 * The same holder again gets the same attempt, so a start whose answer was lost can be repeated.
 * Another holder takes a running task over, or runs a failed one again. A holder whose attempt is
 * over gets none: its start was on its way for a long time, and nobody would run what it is given.
 */
function onStart(task: Task | null, event: StartEvent, nowMs: number): CommandOutcome {
  const known = task ?? newTask(nowMs);
  const isLastHolder = lastAttempt(known)?.holder === event.holder;
  switch (known.status) {
    case "pending":
      return { kind: "changed", task: nextAttempt(known, event.holder, nowMs) };
    case "running":
      if (isLastHolder) return { kind: "unchanged", task: known };
      if (wasFenced(known, event.holder)) return { kind: "refused", refusal: "fenced", task };
      return { kind: "changed", task: nextAttempt(known, event.holder, nowMs) };
    case "cancelling":
      if (isLastHolder) return { kind: "unchanged", task: known };
      return { kind: "refused", refusal: "cancelling", task };
    case "failed":
      // A cancel beats every retry.
      if (known.cancellation !== null || isLastHolder) {
        return { kind: "refused", refusal: "closed", task };
      }
      if (wasFenced(known, event.holder)) return { kind: "refused", refusal: "fenced", task };
      return { kind: "changed", task: nextAttempt(known, event.holder, nowMs) };
    case "succeeded":
    case "cancelled":
    case "timed_out":
      return { kind: "refused", refusal: "closed", task };
  }
}

/**
 * The next attempt. Where it takes over from one that runs, the deadline goes on: it holds for the
 * task, not for each try. A task that had failed gets its whole time again, or it could not run again
 * once its deadline has passed.
 */
function nextAttempt(
  task: PendingTask | RunningTask | CompletedTask,
  holder: string,
  nowMs: number,
): RunningTask {
  const attempt = task.attempt + 1;
  return {
    ...lasting(task),
    status: "running",
    revision: task.revision + 1,
    attempt,
    attempts: startAttempt(task.attempts, { attempt, holder }, nowMs),
    startedAtMs: task.status === "running" ? task.startedAtMs : nowMs,
  };
}

/** What a task keeps when it runs again. */
function lasting(task: TaskBase): TaskBase {
  return {
    revision: task.revision,
    attempt: task.attempt,
    attempts: task.attempts,
    timeoutSeconds: task.timeoutSeconds,
    gracePeriodSeconds: task.gracePeriodSeconds,
    retentionSeconds: task.retentionSeconds,
    metadata: task.metadata,
    createdAtMs: task.createdAtMs,
  };
}

/**
 * Only its worker says how an attempt ended. One that had finished before it heard of a cancel may say
 * so, and one that stopped after its time was over still counts as having stopped. Nothing is
 * `cancelled` that nobody cancelled.
 */
function onFinish(task: Task | null, event: FinishEvent, nowMs: number): CommandOutcome {
  if (task === null) return { kind: "refused", refusal: "unknown", task };
  if (task.status === "pending") return { kind: "refused", refusal: "not_started", task };
  const last = lastAttempt(task);
  if (event.attempt !== task.attempt) return { kind: "refused", refusal: "stale_attempt", task };
  if (event.holder !== null && event.holder !== last?.holder) {
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
      return { kind: "changed", task: acknowledge(endCancelling(task, nowMs), event, nowMs) };
    case "cancelled":
    case "timed_out":
      if (last?.outcome !== null) return repeatedFinish(task, event);
      return {
        kind: "changed",
        task: acknowledge({ ...task, revision: task.revision + 1 }, event, nowMs),
      };
    case "succeeded":
    case "failed":
      return repeatedFinish(task, event);
  }
}

function complete(
  task: RunningTask | CancellingTask,
  status: CompletedTask["status"],
  event: FinishEvent,
  nowMs: number,
): CompletedTask {
  return {
    ...lasting(task),
    status,
    revision: task.revision + 1,
    attempts: endAttempt(task.attempts, { outcome: status, error: event.error }, nowMs),
    startedAtMs: task.startedAtMs,
    endedAtMs: nowMs,
    result: event.result,
    error: event.error,
    cancellation: task.status === "cancelling" ? task.cancellation : null,
  };
}

/** The worker has stopped, in time or not. What it says of it is kept; the status stays. */
function acknowledge(task: CancelledTask, event: FinishEvent, nowMs: number): CancelledTask {
  const { status: outcome, result, error } = event;
  return {
    ...task,
    attempts: endAttempt(task.attempts, { outcome, error }, nowMs),
    result,
    error,
    cancellation: { ...task.cancellation, acknowledgedAtMs: nowMs },
  };
}

/** A finish whose answer was lost is repeated; another one comes too late. */
function repeatedFinish(task: EndedTask, event: FinishEvent): CommandOutcome {
  if (lastAttempt(task)?.outcome === event.status) return { kind: "unchanged", task };
  return { kind: "refused", refusal: "ended", task };
}

/** Only an ended task can be forgotten. One that nobody knows is forgotten already. */
function onForget(task: Task | null): ForgetOutcome {
  if (task === null || isEnded(task)) return { kind: "forgotten" };
  return { kind: "refused", refusal: "alive", task };
}
