/**
 * The wire types of queues.
 * @module
 */

import type { DeclareRequest, TaskState } from "./protocol.ts";
import type { Problem } from "./protocol-problems.ts";

/** A task to put into a queue: its id, and what it is declared with. */
export interface QueuedTask extends Omit<DeclareRequest, "queue"> {
  /** It keeps the task from being enqueued twice: a task that exists already stays as it is. */
  readonly id: string;
}

/** The body of `POST /v1/queues/:queue/tasks`. */
export interface EnqueueRequest {
  /** 1 to 100. */
  readonly tasks: readonly QueuedTask[];
}

/** The result for one task of an enqueue. */
export type EnqueueResult =
  | {
      readonly id: string;
      /** `known`: a task with this id exists already, and stays as it is. */
      readonly outcome: "created" | "known";
      readonly task: TaskState;
    }
  | {
      readonly id: string;
      /** Why this task is not in the queue. The others are not affected. */
      readonly problem: Problem;
    };

/** The response to `POST /v1/queues/:queue/tasks`, in the order of the request. */
export interface EnqueueAnswer {
  readonly tasks: readonly EnqueueResult[];
}

/** The body of `POST /v1/queues/:queue/claim`. The response is a `TaskState`, or empty (204). */
export interface ClaimRequest {
  /**
   * An id that the worker makes up for one run, 1 to 128 characters. A claim with the same holder
   * returns the same task while it runs, so a claim whose response was lost can be repeated.
   */
  readonly holder: string;
  /**
   * Seconds that the run may be silent before it counts as lost and the task is handed on, 10 to 3,600.
   * Default: 60.
   */
  readonly leaseSeconds?: number | undefined;
}

/** The body of `PUT /v1/queues/:queue`. A setting that it leaves out stays as it is. */
export interface QueueSettings {
  /** Whether it hands out no tasks. It still takes new ones. Default: false. */
  readonly paused?: boolean | undefined;
  /** Whether it takes new tasks. Default: true. */
  readonly accepting?: boolean | undefined;
  /** How many of its tasks may run at a time, across all workers; null for no limit. Default: null. */
  readonly maxRunning?: number | null | undefined;
}

/** A queue as every reader sees it. */
export interface QueueState {
  readonly queue: string;
  readonly paused: boolean;
  readonly accepting: boolean;
  readonly maxRunning: number | null;
  /** How many tasks wait for a worker. */
  readonly pending: number;
  /** How many cannot be claimed yet: they are delayed, or between two attempts. */
  readonly delayed: number;
  readonly running: number;
  /** How long the oldest pending task has waited; null if none is pending. */
  readonly oldestPendingSeconds: number | null;
  /** How many claims are parked. */
  readonly waitingWorkers: number;
}
