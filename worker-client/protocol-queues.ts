/**
 * The wire types of queues.
 * @module
 */

import type { DeclareRequest, TaskState } from "./protocol.ts";
import type { Problem } from "./protocol-problems.ts";

/** A task that is put into a queue: what it is declared with, and its id. */
export interface QueuedTask extends Omit<DeclareRequest, "queue"> {
  /** Also what keeps it from being enqueued twice: a task that is known stays as it is. */
  readonly id: string;
}

/** The body of `POST /v1/queues/:queue/tasks`. */
export interface EnqueueRequest {
  /** 1 to 100. */
  readonly tasks: readonly QueuedTask[];
}

/** What came of one task of an enqueue. */
export type EnqueueResult =
  | {
      readonly id: string;
      /** `known`: there was a task of that id already, and it stays as it is. */
      readonly outcome: "created" | "known";
      readonly task: TaskState;
    }
  | {
      readonly id: string;
      /** Why this one is not in the queue; it says nothing about the others. */
      readonly problem: Problem;
    };

/** The answer to `POST /v1/queues/:queue/tasks`, in the order of the request. */
export interface EnqueueAnswer {
  readonly tasks: readonly EnqueueResult[];
}

/** The body of `POST /v1/queues/:queue/claim`. The answer is a `TaskState`, or none (204). */
export interface ClaimRequest {
  /**
   * An id that the worker makes up for one run, 1 to 128 characters. The same holder again gets the
   * same task as long as it runs it, so a claim whose answer was lost can be repeated.
   */
  readonly holder: string;
  /**
   * Seconds that the run counts as alive without a sign of life, 10 to 3,600; then the task is handed
   * on. Default: 60.
   */
  readonly leaseSeconds?: number | undefined;
}

/** The body of `PUT /v1/queues/:queue`. What it does not name stays as it is. */
export interface QueueSettings {
  /** Hands out no task, while it takes new ones. Default: false. */
  readonly paused?: boolean | undefined;
  /** Whether it takes new tasks. Default: true. */
  readonly accepting?: boolean | undefined;
  /** How many of its tasks may run at a time, over all workers; null: any number. Default: null. */
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
  /** How many wait for their time: delayed, or between two attempts. */
  readonly delayed: number;
  readonly running: number;
  /** How long the task has waited that has waited longest; null if none waits. */
  readonly oldestPendingSeconds: number | null;
  /** How many claims are parked. */
  readonly waitingWorkers: number;
}
