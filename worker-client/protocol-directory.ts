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

/** A task in a list: what is in its state, without what can be long. */
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

/** Which tasks are meant: those that all of it is true of. */
export interface TaskSelection {
  /** They have one of these statuses. */
  readonly status?: TaskStatus | readonly TaskStatus[] | undefined;
  /** They are in this queue. */
  readonly queue?: string | undefined;
  /** They are children of this task. */
  readonly parent?: string | undefined;
  /** Their ids begin with this. */
  readonly prefix?: string | undefined;
  /** They were created after this time (RFC 3339). */
  readonly createdAfter?: string | undefined;
}

/** The answer to `GET /v1/tasks`, newest task first. */
export interface TaskPage {
  /** Fewer than asked for, or none, do not mean that there are no more: see `cursor`. */
  readonly tasks: readonly TaskSummary[];
  /** Where the next page begins; null if this is the last one. */
  readonly cursor: string | null;
  /** Each task was like this then, or later. */
  readonly asOf: string;
}

/** How many tasks have a status, in a queue or (null) in none. */
export interface TaskCount {
  readonly status: TaskStatus;
  readonly queue: string | null;
  readonly tasks: number;
}

/** The answer to `GET /v1/stats`. */
export interface TaskStats {
  readonly counts: readonly TaskCount[];
  /** When they were counted. */
  readonly asOf: string;
}

/** What has happened to a task. All times are RFC 3339 strings. */
export type HistoryEntry = { readonly at: string } & HistoryEvent;

/** Something that has happened. `by` is a token's subject; null if the service asks for no token. */
export type HistoryEvent =
  | { readonly type: "declared"; readonly by: string | null }
  /** It waits in a queue, and can be claimed from a time on; null: from then. */
  | { readonly type: "queued"; readonly queue: string; readonly availableAt: string | null }
  | {
      readonly type: "started";
      readonly attempt: number;
      readonly holder: string;
      readonly by: string | null;
    }
  /** What the worker last said of how far it is. Of earlier ones nothing is kept. */
  | { readonly type: "progress"; readonly attempt: number; readonly progress: JsonValue }
  | {
      readonly type: "cancelled";
      readonly cause: CancellationCause;
      readonly reason: string | null;
      readonly by: string | null;
      readonly gracePeriodSeconds: number | null;
    }
  /** A later cancel has shortened the grace period. */
  | { readonly type: "hurried"; readonly gracePeriodSeconds: number; readonly by: string | null }
  /** The cancel was handed to a worker. */
  | { readonly type: "delivered" }
  /** The lease of a run was over without a sign of life. */
  | { readonly type: "lost"; readonly attempt: number; readonly holder: string }
  /** The task was taken from a run, or given back, and is to be run by another. */
  | {
      readonly type: "handed_on";
      readonly attempt: number;
      readonly holder: string;
      readonly outcome: AttemptOutcome;
      /** When the next attempt may begin; null: at once. */
      readonly availableAt: string | null;
    }
  /** A task that had failed waits again, as if it had not been tried. */
  | { readonly type: "retried"; readonly by: string | null }
  /** The worker has said that it stopped. */
  | { readonly type: "acknowledged"; readonly attempt: number }
  | { readonly type: "ended"; readonly status: EndedStatus; readonly attempt: number };

/** The answer to `GET /v1/tasks/:id/history`. */
export interface TaskHistory {
  /** At most 100, in 16 KiB, oldest first. Of a longer history the first one and the last ones are kept. */
  readonly entries: readonly HistoryEntry[];
}

/** The body of `POST /v1/cancellations`. */
export interface BulkCancelRequest {
  /**
   * Which tasks: those that have not ended, were there when it was asked, and pass all of it. It has to
   * name something; `status` can name `pending`, `running` and `cancelling`.
   */
  readonly select: TaskSelection;
  /** For people. What is over 1,024 characters is cut off. */
  readonly reason?: string | undefined;
  /** How long the workers may take to stop, in seconds. Default: what each task says. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Only counts the tasks. Default: false. */
  readonly dryRun?: boolean | undefined;
}

/** A cancel of many tasks, and how far it is. */
export interface BulkCancellation {
  readonly id: string;
  /** `done`: every task has ended, as lists show, or has been counted. */
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
  /** Of these, how many have a cancel on record. */
  readonly requested: number;
  /** How many have ended, or are not known any more. */
  readonly ended: number;
  /** How many of their workers had said by then that they stopped. */
  readonly acknowledged: number;
}
