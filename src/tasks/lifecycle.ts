import type { AttemptOutcome } from "../../worker-client/protocol.ts";
import {
  endAttempt,
  isSpent,
  lastAttempt,
  lasting,
  nextAttemptInSeconds,
  startAttempt,
  waitAgain,
  withoutEnd,
} from "./attempts.ts";
import { endCancelling, onCancel, onTimer } from "./cancellation.ts";
import type {
  CommandOutcome,
  DeclareEvent,
  FinishEvent,
  ForgetEvent,
  ForgetOutcome,
  HeartbeatEvent,
  Refusal,
  Refused,
  ReleaseEvent,
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
  isEnded,
  NOTHING_SET,
  newTask,
  type PendingTask,
  type RunningTask,
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
    case "forget":
      return onForget(task);
    case "timer":
      return onTimer(task, event, nowMs, chance);
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
 * Another holder takes a running task over, unless the run holds a lease, or runs a failed one again.
 * A holder whose attempt is over gets no new one: its start was delayed on the way, and nobody would
 * do the work.
 */
function onStart(task: Task | null, event: StartEvent, nowMs: number): CommandOutcome {
  const known = task ?? newTask(nowMs, { ...NOTHING_SET, ...retryPolicyOf(event) });
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

/** It backs off, or the worker that was lost may still be stopping. */
function isTooEarly(task: TaskBase, { takeOver = false }: StartEvent, nowMs: number): boolean {
  return task.availableAtMs !== null && nowMs < task.availableAtMs && !takeOver;
}

function retryPolicyOf({ maxAttempts, backoffSeconds, maxBackoffSeconds }: StartEvent) {
  return { maxAttempts, backoffSeconds, maxBackoffSeconds };
}

/**
 * The next attempt. The deadline stays: it holds for the task, not for each try. A failed task gets
 * its whole time and all its attempts again, or it could not run again once its deadline has passed.
 */
function nextAttempt(
  task: PendingTask | RunningTask | CompletedTask,
  { holder, leaseSeconds }: StartEvent,
  nowMs: number,
): RunningTask {
  const attempt = task.attempt + 1;
  const isOpenedAgain = task.status === "failed";
  return {
    ...lasting(task),
    status: "running",
    revision: task.revision + 1,
    attempt,
    attempts: startAttempt(task.attempts, { attempt, holder }, nowMs),
    failures: isOpenedAgain ? 0 : task.failures,
    availableAtMs: null,
    startedAtMs: isOpenedAgain ? nowMs : (task.startedAtMs ?? nowMs),
    leaseSeconds: leaseSeconds ?? null,
    heardAtMs: nowMs,
  };
}

/**
 * Only its worker says how an attempt ended. One that had finished before it heard of a cancel may say
 * so, and one that stopped after its time was over still counts as having stopped. Nothing is
 * `cancelled` that nobody cancelled.
 */
function onFinish(
  task: Task | null,
  event: FinishEvent,
  nowMs: number,
  chance: number,
): CommandOutcome {
  const run = runOf(task, event);
  if (run.kind === "refused") return run;
  const last = lastAttempt(run.task);
  switch (run.task.status) {
    case "pending":
      // It was taken for lost and had not stopped, and nobody has begun again.
      if (last?.outcome === "lost" && event.status === "succeeded") {
        const attempts = withoutEnd(run.task.attempts);
        const found = { ...run.task, attempts };
        return { kind: "changed", task: complete(found, event.status, event, nowMs) };
      }
      return repeatedReport(run.task, event.status, "stale_attempt");
    case "running":
      if (event.status === "cancelled") return { kind: "refused", refusal: "not_cancelled", task };
      if (event.status === "succeeded") {
        return { kind: "changed", task: complete(run.task, event.status, event, nowMs) };
      }
      return { kind: "changed", task: afterFailure(run.task, event, nowMs, chance) };
    case "cancelling":
      if (event.status !== "cancelled") {
        return { kind: "changed", task: complete(run.task, event.status, event, nowMs) };
      }
      return { kind: "changed", task: acknowledge(endCancelling(run.task, nowMs), event, nowMs) };
    case "cancelled":
    case "timed_out":
      if (last?.outcome !== null) return repeatedReport(run.task, event.status, "ended");
      return {
        kind: "changed",
        task: acknowledge({ ...run.task, revision: run.task.revision + 1 }, event, nowMs),
      };
    case "succeeded":
    case "failed":
      return repeatedReport(run.task, event.status, "ended");
  }
}

/** The task, if what a worker says is about its last attempt; a refusal otherwise. */
function runOf(
  task: Task | null,
  { attempt, holder }: { readonly attempt: number; readonly holder: string | null },
): { readonly kind: "run"; readonly task: Task } | Refused {
  if (task === null) return { kind: "refused", refusal: "unknown", task };
  if (task.status === "pending" && task.attempt === 0) {
    return { kind: "refused", refusal: "not_started", task };
  }
  const isHolder = holder === null || holder === lastAttempt(task)?.holder;
  if (attempt !== task.attempt || !isHolder) {
    return { kind: "refused", refusal: "stale_attempt", task };
  }
  return { kind: "run", task };
}

/** The worker has failed: the task is tried again if it has attempts left. */
function afterFailure(
  task: RunningTask,
  event: FinishEvent,
  nowMs: number,
  chance: number,
): PendingTask | CompletedTask {
  const failures = task.failures + 1;
  const failed = { ...task, failures };
  if (event.retry === false || failures >= task.maxAttempts)
    return complete(failed, "failed", event, nowMs);
  const seconds = event.retryAfterSeconds ?? nextAttemptInSeconds(task, failures, chance);
  const end = { outcome: "failed", error: event.error } as const;
  return waitAgain(failed, end, nowMs + seconds * 1000, nowMs);
}

/** A sign of life, and how far the work is. Nobody is told of it. */
function onHeartbeat(task: Task | null, event: HeartbeatEvent, nowMs: number): CommandOutcome {
  const run = runOf(task, event);
  if (run.kind === "refused") return run;
  switch (run.task.status) {
    case "pending":
      return { kind: "refused", refusal: "stale_attempt", task };
    case "running":
    case "cancelling": {
      const { progress = run.task.progress } = event;
      return { kind: "noted", task: { ...run.task, progress, heardAtMs: nowMs } };
    }
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return { kind: "refused", refusal: "ended", task };
  }
}

/** The worker gives the task back. If it was told to stop, that says that it has. */
function onRelease(task: Task | null, event: ReleaseEvent, nowMs: number): CommandOutcome {
  const run = runOf(task, event);
  if (run.kind === "refused") return run;
  switch (run.task.status) {
    case "pending":
      return repeatedReport(run.task, "released", "stale_attempt");
    case "running": {
      const availableAtMs = event.delaySeconds === 0 ? null : nowMs + event.delaySeconds * 1000;
      const end = { outcome: "released", error: null } as const;
      return { kind: "changed", task: waitAgain(run.task, end, availableAtMs, nowMs) };
    }
    case "cancelling": {
      const stopped = { status: "cancelled", result: null, error: null } as const;
      return { kind: "changed", task: acknowledge(endCancelling(run.task, nowMs), stopped, nowMs) };
    }
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return repeatedReport(run.task, "cancelled", "ended");
  }
}

function complete(
  task: PendingTask | RunningTask | CancellingTask,
  status: CompletedTask["status"],
  event: FinishEvent,
  nowMs: number,
): CompletedTask {
  return {
    ...lasting(task),
    status,
    revision: task.revision + 1,
    attempts: endAttempt(task.attempts, { outcome: status, error: event.error }, nowMs),
    availableAtMs: null,
    startedAtMs: task.startedAtMs,
    endedAtMs: nowMs,
    result: event.result,
    error: event.error,
    cancellation: task.status === "cancelling" ? task.cancellation : null,
  };
}

/** The worker has stopped, in time or not. What it says of it is kept; the status stays. */
function acknowledge(
  task: CancelledTask,
  { status: outcome, result, error }: Pick<FinishEvent, "status" | "result" | "error">,
  nowMs: number,
): CancelledTask {
  return {
    ...task,
    attempts: endAttempt(task.attempts, { outcome, error }, nowMs),
    result,
    error,
    cancellation: { ...task.cancellation, acknowledgedAtMs: nowMs },
  };
}

/** A report whose answer was lost is repeated; another one comes too late. */
function repeatedReport(task: Task, outcome: AttemptOutcome, refusal: Refusal): CommandOutcome {
  if (lastAttempt(task)?.outcome === outcome) return { kind: "unchanged", task };
  return { kind: "refused", refusal, task };
}

/** Only an ended task can be forgotten. One that nobody knows is forgotten already. */
function onForget(task: Task | null): ForgetOutcome {
  if (task === null || isEnded(task)) return { kind: "forgotten" };
  return { kind: "refused", refusal: "alive", task };
}
