import type {
  CancellationCause,
  EndedStatus,
  JsonObject,
  JsonValue,
} from "../../worker-client/protocol.ts";
import type { DeclareEvent } from "./events.ts";

/** A cancel as it is stored. Times are milliseconds since 1970. */
export interface StoredCancellation {
  readonly cause: CancellationCause;
  readonly reason: string | null;
  readonly requestedBy: string | null;
  readonly requestedAtMs: number;
  readonly deliveredAtMs: number | null;
  readonly acknowledgedAtMs: number | null;
  /** How long the worker may take to stop; null if no worker was running. */
  readonly gracePeriodSeconds: number | null;
}

interface TaskBase {
  readonly revision: number;
  readonly attempt: number;
  readonly timeoutSeconds: number | null;
  readonly gracePeriodSeconds: number;
  readonly retentionSeconds: number;
  readonly metadata: JsonObject;
  readonly createdAtMs: number;
}

export interface PendingTask extends TaskBase {
  readonly status: "pending";
}

interface StartedTask extends TaskBase {
  readonly holder: string;
  readonly startedAtMs: number;
}

export interface RunningTask extends StartedTask {
  readonly status: "running";
}

export interface CancellingTask extends StartedTask {
  readonly status: "cancelling";
  readonly cancellation: StoredCancellation;
}

interface EndedTaskBase extends TaskBase {
  readonly startedAtMs: number | null;
  readonly endedAtMs: number;
  readonly result: JsonValue;
  readonly error: JsonValue;
}

/** The worker reported an end of its own; a cancellation that came too late stays on record. */
export interface CompletedTask extends EndedTaskBase {
  readonly status: Extract<EndedStatus, "succeeded" | "failed">;
  readonly cancellation: StoredCancellation | null;
}

/** Cancelled: the type alone says that there is a cancellation on record. */
export interface CancelledTask extends EndedTaskBase {
  readonly status: Extract<EndedStatus, "cancelled" | "timed_out">;
  readonly cancellation: StoredCancellation;
}

export type EndedTask = CompletedTask | CancelledTask;

/** A task as it is stored: only what cannot be derived. An unknown task is `null`. */
export type Task = PendingTask | RunningTask | CancellingTask | EndedTask;

const DEFAULT_GRACE_PERIOD_SECONDS = 30;
/** Seven days: a cancel that came first must outlive the queue its worker waits in. */
const DEFAULT_RETENTION_SECONDS = 604_800;

type Settings = Omit<DeclareEvent, "type">;

const NOTHING_SET: Settings = {
  timeoutSeconds: null,
  gracePeriodSeconds: null,
  retentionSeconds: null,
  metadata: {},
};

/**
 * A task before anything happened to it. Its revision comes from the clock, so that the revisions of
 * a task that was forgotten do not come back with the next one of its id: whoever still has one must
 * hear that it is over, and not be taken for up to date.
 */
export function newTask(nowMs: number, settings: Settings = NOTHING_SET): PendingTask {
  return {
    status: "pending",
    revision: nowMs,
    attempt: 0,
    timeoutSeconds: settings.timeoutSeconds,
    gracePeriodSeconds: settings.gracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS,
    retentionSeconds: settings.retentionSeconds ?? DEFAULT_RETENTION_SECONDS,
    metadata: settings.metadata,
    createdAtMs: nowMs,
  };
}

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

/** The cancellation on record, if there is one. */
export function cancellationOf(task: Task): StoredCancellation | null {
  return "cancellation" in task ? task.cancellation : null;
}

/** When a running task is cancelled by itself; null: never. */
export function deadlineAtMs(
  startedAtMs: number | null,
  timeoutSeconds: number | null,
): number | null {
  if (startedAtMs === null || timeoutSeconds === null) return null;
  return startedAtMs + timeoutSeconds * 1000;
}

/** When a cancelled task counts as stopped anyway; null if no worker was running. */
export function graceEndsAtMs(cancellation: StoredCancellation): number | null {
  if (cancellation.gracePeriodSeconds === null) return null;
  return cancellation.requestedAtMs + cancellation.gracePeriodSeconds * 1000;
}

/** When the task's next timer is due: deadline, end of grace or end of retention. Null: never. */
export function nextTimerAtMs(task: Task): number | null {
  switch (task.status) {
    case "pending":
      return null;
    case "running":
      return deadlineAtMs(task.startedAtMs, task.timeoutSeconds);
    case "cancelling":
      return graceEndsAtMs(task.cancellation);
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return task.endedAtMs + task.retentionSeconds * 1000;
  }
}
