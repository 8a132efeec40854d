import type {
  CancellationCause,
  EndedStatus,
  JsonObject,
  JsonValue,
} from "../../worker-client/protocol.ts";

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
