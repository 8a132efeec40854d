/**
 * The wire types of lists, histories and bulk cancels.
 * @module
 */
import type {
  AttemptOutcome,
  Cancellation,
  CancellationCause,
  EndedStatus,
  JsonValue,
  TaskState,
  TaskStatus,
} from "./protocol.ts";

/** A task in a list: its state, without the fields that can be long. */
export interface TaskSummary
  extends Pick<
    TaskState,
    | "id"
    | "status"
    | "revision"
    | "attempt"
    | "queue"
    | "parent"
    | "priority"
    | "createdAt"
    | "startedAt"
    | "deadlineAt"
    | "endedAt"
    | "availableAt"
  > {
  readonly cancellation: Pick<
    Cancellation,
    "cause" | "reason" | "requestedBy" | "requestedAt" | "acknowledgedAt"
  > | null;
}

/** Selects the tasks that meet all of these conditions. */
export interface TaskSelection {
  /** The task has one of these statuses. */
  readonly status?: TaskStatus | readonly TaskStatus[] | undefined;
  /** The task is in this queue. */
  readonly queue?: string | undefined;
  /** The task is a child of this one. */
  readonly parent?: string | undefined;
  /** The task's id begins with this. */
  readonly prefix?: string | undefined;
  /** The task was created after this time (RFC 3339). */
  readonly createdAfter?: string | undefined;
}

/** The response to `GET /v1/tasks`, newest task first. */
export interface TaskPage {
  /** There may be fewer than the limit, or none, even if more follow: check `cursor`. */
  readonly tasks: readonly TaskSummary[];
  /** Where the next page begins; null if this is the last one. */
  readonly cursor: string | null;
  /** Each task is shown as it was at this time, or later. */
  readonly asOf: string;
}

/** How many tasks have a status, in a queue or, if `queue` is null, in no queue. */
export interface TaskCount {
  readonly status: TaskStatus;
  readonly queue: string | null;
  readonly tasks: number;
}

/** The response to `GET /v1/stats`. */
export interface TaskStats {
  readonly counts: readonly TaskCount[];
  /** When they were counted. */
  readonly asOf: string;
}

/** An entry in a task's history. All times are RFC 3339 strings. */
export type HistoryEntry = { readonly at: string } & HistoryEvent;

/** What happened. `by` is the token's subject, or null if the service asks for no token. */
export type HistoryEvent =
  | { readonly type: "declared"; readonly by: string | null }
  /** The task entered a queue. It can be claimed from `availableAt` on, or at once if that is null. */
  | { readonly type: "queued"; readonly queue: string; readonly availableAt: string | null }
  | {
      readonly type: "started";
      readonly attempt: number;
      readonly holder: string;
      readonly by: string | null;
    }
  /** The progress that the worker reported last. Earlier progress is not kept. */
  | { readonly type: "progress"; readonly attempt: number; readonly progress: JsonValue }
  | {
      readonly type: "cancelled";
      readonly cause: CancellationCause;
      readonly reason: string | null;
      readonly by: string | null;
      readonly gracePeriodSeconds: number | null;
    }
  /** A later cancel shortened the grace period. */
  | { readonly type: "hurried"; readonly gracePeriodSeconds: number; readonly by: string | null }
  /** The cancel was delivered to a worker. */
  | { readonly type: "delivered" }
  /** The lease of a run expired. */
  | { readonly type: "lost"; readonly attempt: number; readonly holder: string }
  /** An attempt was lost, failed or was given back, and the task waits for the next one. */
  | {
      readonly type: "handed_on";
      readonly attempt: number;
      readonly holder: string;
      readonly outcome: AttemptOutcome;
      /** When the next attempt may begin; null for at once. */
      readonly availableAt: string | null;
    }
  /** The failed task waits again, with all its attempts. */
  | { readonly type: "retried"; readonly by: string | null }
  /** The worker confirmed that it stopped. */
  | { readonly type: "acknowledged"; readonly attempt: number }
  | { readonly type: "ended"; readonly status: EndedStatus; readonly attempt: number };

/** The response to `GET /v1/tasks/:id/history`. */
export interface TaskHistory {
  /** At most 100, in 16 KiB, oldest first. A longer history keeps its first entry and its latest ones. */
  readonly entries: readonly HistoryEntry[];
}

/** The body of `POST /v1/cancellations`. */
export interface BulkCancelRequest {
  /**
   * Which tasks to cancel, out of those that exist at the time of the request and have not ended. It
   * needs at least one condition. `status` can be `pending`, `running` and `cancelling`.
   */
  readonly select: TaskSelection;
  /** For people. It is cut after 1,024 characters. */
  readonly reason?: string | undefined;
  /** How long the workers may take to stop, in seconds. Default: each task's own grace period. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Only counts the tasks. Default: false. */
  readonly dryRun?: boolean | undefined;
}

/** A cancel of many tasks, and its progress. */
export interface BulkCancellation {
  readonly id: string;
  /** `done`: every task has ended, and lists show it, or every task has been counted (`dryRun`). */
  readonly status: "running" | "done";
  readonly select: TaskSelection;
  readonly reason: string | null;
  readonly requestedBy: string | null;
  readonly dryRun: boolean;
  readonly createdAt: string;
  readonly endedAt: string | null;
  /** How many tasks have been found. */
  readonly matched: number;
  /** Whether all have been found. */
  readonly isMatched: boolean;
  /** How many of these have a cancel on record. */
  readonly requested: number;
  /** How many have ended, or were forgotten. */
  readonly ended: number;
  /** How many of their workers had confirmed by then that they stopped. */
  readonly acknowledged: number;
}
