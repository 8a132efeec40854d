import type { AttemptOutcome } from "../../worker-client/protocol.ts";
import {
  backToPending,
  endAttempt,
  lastAttempt,
  lasting,
  nextAttemptInSeconds,
  withoutEnd,
} from "./attempts.ts";
import { endCancelling } from "./cancellation.ts";
import type {
  CommandOutcome,
  FinishEvent,
  HeartbeatEvent,
  Refusal,
  Refused,
  ReleaseEvent,
} from "./events.ts";
import type {
  CancelledTask,
  CancellingTask,
  CompletedTask,
  PendingTask,
  RunningTask,
  Task,
} from "./task.ts";

/**
 * Only the worker says how its attempt ended. If it finished before it heard of a cancel, it may
 * say so. If it stopped only after its grace period, that is still recorded. Nothing becomes
 * `cancelled` unless somebody cancelled it.
 */
export function onFinish(
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
      // The worker was taken for lost but kept going, and no other attempt has started.
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

/** Returns the task if the report is about its last attempt, or a refusal. */
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

/** The worker failed: the task is retried if it has attempts left. */
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
  return backToPending(failed, end, nowMs + seconds * 1000, nowMs);
}

/** Records a sign of life, and the progress if there is any. Nobody is told. */
export function onHeartbeat(
  task: Task | null,
  event: HeartbeatEvent,
  nowMs: number,
): CommandOutcome {
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

/** The worker gives the task back. If it was told to stop, this says that it has. */
export function onRelease(task: Task | null, event: ReleaseEvent, nowMs: number): CommandOutcome {
  const run = runOf(task, event);
  if (run.kind === "refused") return run;
  switch (run.task.status) {
    case "pending":
      return repeatedReport(run.task, "released", "stale_attempt");
    case "running": {
      const availableAtMs = event.delaySeconds === 0 ? null : nowMs + event.delaySeconds * 1000;
      const end = { outcome: "released", error: null } as const;
      return { kind: "changed", task: backToPending(run.task, end, availableAtMs, nowMs) };
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

/** Records that the worker has stopped, in time or not, and what it reports. The status stays. */
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

/** Accepts a report again, because its first response may have been lost. Refuses a different one. */
function repeatedReport(task: Task, outcome: AttemptOutcome, refusal: Refusal): CommandOutcome {
  if (lastAttempt(task)?.outcome === outcome) return { kind: "unchanged", task };
  return { kind: "refused", refusal, task };
}
