import { isSpent, lastAttempt, lasting, startAttempt } from "./attempts.ts";
import { onCancel, onTimer } from "./cancellation.ts";
import { effectsOf, withEffects } from "./effects.ts";
import type {
  CommandOutcome,
  DeclareEvent,
  ForgetEvent,
  ForgetOutcome,
  Refusal,
  StartEvent,
  TaskCommand,
  TaskEvent,
  TimerEvent,
  TimerOutcome,
} from "./events.ts";
import { onFinish, onHeartbeat, onRelease } from "./reports.ts";
import {
  type CompletedTask,
  firstReminder,
  isEnded,
  NOTHING_SET,
  newTask,
  type PendingTask,
  type RunningTask,
  type StoredAttempt,
  type Task,
  type TaskBase,
} from "./task.ts";

/**
 * The whole life of a task: what an event at a given time (milliseconds since 1970) makes of it.
 * Pure: no clock, no storage, no platform. An unknown task is `null`. `chance` is a random number from
 * 0 to 1, for the back-off.
 */
export function transition(
  task: Task | null,
  event: TaskCommand,
  nowMs: number,
  chance?: number,
): CommandOutcome;
export function transition(task: Task | null, event: ForgetEvent, nowMs: number): ForgetOutcome;
export function transition(
  task: Task | null,
  event: TimerEvent,
  nowMs: number,
  chance?: number,
): TimerOutcome;
export function transition(
  task: Task | null,
  event: TaskEvent,
  nowMs: number,
  chance = 1,
): CommandOutcome | ForgetOutcome | TimerOutcome {
  const outcome = next(task, event, nowMs, chance);
  if (outcome.kind !== "changed") return outcome;
  return { ...outcome, task: withEffects(outcome.task, effectsOf(task, outcome.task, event)) };
}

function next(
  task: Task | null,
  event: TaskEvent,
  nowMs: number,
  chance: number,
): CommandOutcome | ForgetOutcome | TimerOutcome {
  switch (event.type) {
    case "declare":
      return onDeclare(task, event, nowMs);
    case "start":
      return onStart(task, event, nowMs);
    case "cancel":
      return onCancel(task, event, nowMs);
    case "finish":
      return onFinish(task, event, nowMs, chance);
    case "heartbeat":
      return onHeartbeat(task, event, nowMs);
    case "release":
      return onRelease(task, event, nowMs);
    case "retry":
      return onRetry(task, nowMs);
    case "forget":
      return onForget(task, event);
    case "timer":
      return onTimer(task, event, nowMs, chance);
  }
}

/** The first declaration creates the task, cancelled if its parent is. A known task stays as it is. */
function onDeclare(task: Task | null, event: DeclareEvent, nowMs: number): CommandOutcome {
  if (task !== null) return { kind: "unchanged", task };
  const declared = newTask(nowMs, event);
  if (event.cancel) {
    return onCancel(declared, { type: "cancel", gracePeriodSeconds: null, ...event.cancel }, nowMs);
  }
  return { kind: "changed", task: { ...declared, revision: declared.revision + 1 } };
}

/**
 * The same holder gets the same attempt again, so a start can be repeated if its response was lost.
 * Another holder takes over a running task, unless the run holds a lease, or runs a failed one
 * again. A holder whose attempt is over gets no new one: its start was delayed on the way, and
 * nobody would do the work.
 */
function onStart(task: Task | null, event: StartEvent, nowMs: number): CommandOutcome {
  if (event.fromQueue !== undefined && !isClaimable(task, event)) {
    return { kind: "refused", refusal: task === null ? "unknown" : "not_pending", task };
  }
  const known = task ?? newTask(nowMs, { ...NOTHING_SET, ...settingsOf(event) });
  const refused = (refusal: Refusal): CommandOutcome => ({ kind: "refused", refusal, task });
  const isLastHolder = lastAttempt(known)?.holder === event.holder;
  switch (known.status) {
    case "pending":
      if (isSpent(known, event.holder)) return refused("fenced");
      if (isTooEarly(known, event, nowMs)) return refused("held");
      return { kind: "changed", task: nextAttempt(known, event, nowMs) };
    case "running":
      if (isLastHolder) return { kind: "unchanged", task: known };
      if (isSpent(known, event.holder)) return refused("fenced");
      if (known.leaseSeconds !== null && event.takeOver !== true) return refused("held");
      return { kind: "changed", task: nextAttempt(known, event, nowMs) };
    case "cancelling":
      if (isLastHolder) return { kind: "unchanged", task: known };
      return refused("cancelling");
    case "failed":
      // A cancel beats every retry.
      if (known.cancellation !== null || isLastHolder) return refused("closed");
      if (isSpent(known, event.holder)) return refused("fenced");
      if (isTooEarly(known, event, nowMs)) return refused("held");
      return { kind: "changed", task: nextAttempt(known, event, nowMs) };
    case "succeeded":
    case "cancelled":
    case "timed_out":
      return refused("closed");
  }
}

/**
 * Whether a worker can claim the task from a queue: the task waits there, or this worker already
 * runs it and the response to its claim was lost.
 */
function isClaimable(task: Task | null, { fromQueue, holder }: StartEvent): boolean {
  if (task === null || task.queued?.name !== fromQueue) return false;
  if (task.status === "pending") return true;
  return task.status === "running" && lastAttempt(task)?.holder === holder;
}

/** Whether it is delayed or backing off, or a lost worker may still be stopping. */
function isTooEarly(task: TaskBase, { takeOver = false }: StartEvent, nowMs: number): boolean {
  return task.availableAtMs !== null && nowMs < task.availableAtMs && !takeOver;
}

function settingsOf({
  maxAttempts,
  backoffSeconds,
  maxBackoffSeconds,
  ancestors,
  staysOn,
  traceparent,
}: StartEvent) {
  return { maxAttempts, backoffSeconds, maxBackoffSeconds, ancestors, staysOn, traceparent };
}

/**
 * Starts the next attempt. The deadline stays, because it applies to the task and not to each
 * attempt. A failed task gets all its time and attempts again, or it could not run once its
 * deadline has passed.
 */
function nextAttempt(
  task: PendingTask | RunningTask | CompletedTask,
  { holder, leaseSeconds }: StartEvent,
  nowMs: number,
): RunningTask {
  const attempt = task.attempt + 1;
  const isReopened = task.status === "failed";
  return {
    ...lasting(task),
    status: "running",
    revision: task.revision + 1,
    attempt,
    attempts: startAttempt(task.attempts, { attempt, holder }, nowMs),
    failures: isReopened ? 0 : task.failures,
    availableAtMs: null,
    startedAtMs: isReopened ? nowMs : (task.startedAtMs ?? nowMs),
    leaseSeconds: leaseSeconds ?? null,
    heardAtMs: nowMs,
  };
}

/**
 * Makes a failed task pending again. Its earlier attempts stay on record. A cancel beats every
 * retry. A task that is already pending after a failure stays as it is: this may repeat a retry
 * whose response was lost.
 */
function onRetry(task: Task | null, nowMs: number): CommandOutcome {
  if (task === null) return { kind: "refused", refusal: "unknown", task };
  switch (task.status) {
    case "pending":
      if (hasFailed(lastAttempt(task))) return { kind: "unchanged", task };
      return { kind: "refused", refusal: "not_failed", task };
    case "failed":
      if (task.cancellation !== null) return { kind: "refused", refusal: "closed", task };
      return {
        kind: "changed",
        task: {
          ...lasting(task),
          status: "pending",
          revision: task.revision + 1,
          failures: 0,
          startedAtMs: null,
          ...(task.queued && {
            reminder: firstReminder(Math.max(nowMs, task.availableAtMs ?? 0)),
          }),
        },
      };
    case "running":
    case "cancelling":
    case "succeeded":
    case "cancelled":
    case "timed_out":
      return { kind: "refused", refusal: "not_failed", task };
  }
}

function hasFailed(attempt: StoredAttempt | null): boolean {
  return attempt?.outcome === "failed" || attempt?.outcome === "lost";
}

/**
 * Only an ended task can be forgotten, and only once everybody who must learn of its end has. An
 * unknown one is already forgotten.
 */
function onForget(task: Task | null, { isNeeded = false }: ForgetEvent): ForgetOutcome {
  if (task !== null && isNeeded) return { kind: "refused", refusal: "parent", task };
  if (task !== null && isEnded(task) && task.outbox.length > 0) {
    return { kind: "refused", refusal: "unsent", task };
  }
  if (task === null || isEnded(task)) return { kind: "forgotten" };
  return { kind: "refused", refusal: "alive", task };
}
