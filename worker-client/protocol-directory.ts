/**
 * The wire types of lists, histories and bulk cancels.
 * @module
 */
import type { Cancellation, TaskState, TaskStatus } from "./protocol.ts";

/** A task in a list: what is in its state, without what can be long. */
export interface TaskSummary
  extends Pick<
    TaskState,
    | "id"
    | "status"
    | "revision"
    | "attempt"
    | "queue"
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
