/**
 * The wire types, written once: the service imports them from here, never the reverse.
 * @module
 */

import type { ChildRequest, DeclaredChildRequest, Descendants } from "./protocol-trees.ts";

/** Any value that JSON can carry. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A status that nothing changes any more. */
export type EndedStatus = "succeeded" | "failed" | "cancelled" | "timed_out";

/** The statuses of a task that has not ended. */
export const LIVING_STATUSES = ["pending", "running", "cancelling"] as const;

/** Every status, in the order of a life. */
export const TASK_STATUSES = [
  "pending",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const;

/** Where a task is in its life. */
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Why a task was cancelled: somebody asked, its time was over, its parent was, or a newer task took its place. */
export type CancellationCause = "request" | "timeout" | "parent" | "superseded";

/** How an attempt ended: as its worker reported, or because somebody else had to take the task over. */
export type AttemptOutcome =
  | "succeeded"
  | "failed"
  | "cancelled"
  | "fenced"
  /** Its lease ran out without a sign of life. */
  | "lost"
  /** Its worker gave the task back. */
  | "released";

/** One run of a task. All times are RFC 3339 strings. */
export interface Attempt {
  readonly attempt: number;
  /** The holder that ran it, as given to `start`. */
  readonly holder: string;
  readonly startedAt: string;
  /** When its end was reported, or another holder took over; null if neither has happened. */
  readonly endedAt: string | null;
  /** Null while `endedAt` is. */
  readonly outcome: AttemptOutcome | null;
  /** The error that the worker reported; of one over 1 KiB the beginning, as a text. */
  readonly error: JsonValue;
}

/** The receipt of a cancel. All times are RFC 3339 strings. */
export interface Cancellation {
  readonly cause: CancellationCause;
  readonly reason: string | null;
  readonly requestedBy: string | null;
  /** When the cancel was recorded. */
  readonly requestedAt: string;
  /** When it was first handed to a live watcher; null until then. */
  readonly deliveredAt: string | null;
  /** When the worker confirmed that it stopped, be it after the task's end; null if it never did. */
  readonly acknowledgedAt: string | null;
  /**
   * How long the worker may take to stop, in seconds, from when it hears; null if none was running.
   * A worker counts it by its own clock, so nobody's clock has to be right. A later cancel can make
   * it shorter, never longer.
   */
  readonly gracePeriodSeconds: number | null;
  /** When the task counts as stopped anyway; null if it was not running. */
  readonly graceEndsAt: string | null;
}

/** How long a run counts as alive without a sign of life. All times are RFC 3339 strings. */
export interface Lease {
  readonly seconds: number;
  /** When the worker last gave a sign of life. */
  readonly heardAt: string;
  /** Whether the worker has a connection open; then it may be silent for longer. */
  readonly hasLine: boolean;
  /** When the run counts as lost if nothing more is heard. */
  readonly endsAt: string;
}

/** A task as every reader sees it. All times are RFC 3339 strings. */
export interface TaskState {
  readonly id: string;
  readonly status: TaskStatus;
  /**
   * Grows by one at each change of the task, from a number that no earlier task of the id had; it is
   * the ETag. That a cancel was delivered, and how many watch, is no change.
   */
  readonly revision: number;
  /** The number of the run, 0 before the first; the fencing token. */
  readonly attempt: number;
  readonly createdAt: string;
  /** When its first attempt started; of a task that failed and runs again, the first since then. */
  readonly startedAt: string | null;
  /** When a running task is cancelled by itself: `timeoutSeconds` after `startedAt`. */
  readonly deadlineAt: string | null;
  readonly endedAt: string | null;
  readonly cancellation: Cancellation | null;
  readonly metadata: JsonObject;
  readonly result: JsonValue;
  readonly error: JsonValue;
  /** The last 20 attempts, oldest first. */
  readonly attempts: readonly Attempt[];
  /** How many attempts it may have: after the last one that fails or is lost, it has failed. */
  readonly maxAttempts: number;
  /** How many attempts have failed or were lost. */
  readonly failures: number;
  /** A task that waits for its next attempt is not started before; null if it may start at once. */
  readonly availableAt: string | null;
  /** The lease of the run; null if it has none, or nobody runs the task. */
  readonly lease: Lease | null;
  /** What a worker last said of how far it is, such as the name of a checkpoint; null if nothing. */
  readonly progress: JsonValue;
  /** The task that it is cancelled with; null if it has none. */
  readonly parent: string | null;
  /** Everything below it; null if it never had a child. That changes without a new revision. */
  readonly descendants: Descendants | null;
  /** The queue that it waits in whenever it is pending; null if it is in none. */
  readonly queue: string | null;
  /** Its place there: higher first, −9 to 9. */
  readonly priority: number;
  /**
   * The trace of the request that made the task, for the worker to go on with it; null if that named
   * none (W3C Trace Context, https://www.w3.org/TR/trace-context/).
   */
  readonly traceparent: string | null;
  /**
   * What it was declared with. Only in the answers to start, to a claim and to a plain GET of a task
   * that has an input: it can be long.
   */
  readonly input?: JsonValue;
  /** How many watches of the task are open, without those that only observe. */
  readonly watchers: number;
}

/** How often a task is tried, and how long it waits in between. */
export interface RetryPolicy {
  /** How many attempts the task may have, 1 to 100. Default: 1. */
  readonly maxAttempts?: number | undefined;
  /**
   * Seconds until the next attempt after the first failure. Doubles with each failure, and a random
   * part of it is waited for. Default: 10.
   */
  readonly backoffSeconds?: number | undefined;
  /** What that doubles up to, in seconds. Default: 3,600. */
  readonly maxBackoffSeconds?: number | undefined;
}

/** The body of `PUT /v1/tasks/:id`. */
export interface DeclareRequest extends RetryPolicy, DeclaredChildRequest {
  /** Seconds within which the task has to be started, or it has timed out. Default: any time. */
  readonly startWithinSeconds?: number | undefined;
  /** Seconds from `startedAt` after which a running task is cancelled by itself. Default: never. */
  readonly timeoutSeconds?: number | undefined;
  /** Seconds that a worker may take to stop. Default: 30. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Seconds that the task is remembered after its end. Default: 604,800 (seven days). */
  readonly retentionSeconds?: number | undefined;
  /** Anything that helps a reader, at most 4 KiB of JSON. */
  readonly metadata?: JsonObject | undefined;
  /** The queue that workers claim it from; its name looks like an id. Default: none. */
  readonly queue?: string | undefined;
  /** Its place in the queue: higher first, −9 to 9. Default: 0. */
  readonly priority?: number | undefined;
  /** What the worker works on, at most 64 KiB of JSON. */
  readonly input?: JsonValue | undefined;
  /** When it may be started first, as RFC 3339. Not together with `delaySeconds`. Default: at once. */
  readonly availableAt?: string | undefined;
  /** Seconds until it may be started first. Default: 0. */
  readonly delaySeconds?: number | undefined;
}

/**
 * The body of `POST /v1/tasks/:id/start`. What it says about retries holds for a task that it makes; a
 * task that is known keeps what it was declared with.
 */
export interface StartRequest extends RetryPolicy, ChildRequest {
  /**
   * Seconds that the run counts as alive without a sign of life, 10 to 3,600; then the task is handed
   * on. Default: none, and a silent worker is not taken for a dead one.
   */
  readonly leaseSeconds?: number | undefined;
  /** Takes the task over from a run that holds a lease, or that has just lost it. Default: false. */
  readonly takeOver?: boolean | undefined;
  /**
   * An id that the worker makes up for one run, 1 to 128 characters. The same holder again gets the
   * same attempt; one whose attempt is over gets none.
   */
  readonly holder: string;
}

/** The body of `POST /v1/tasks/:id/cancel`. */
export interface CancelRequest {
  /** For people. What is over 1,024 characters is cut off. */
  readonly reason?: string | undefined;
  /**
   * How long the worker may take to stop, in seconds, instead of the task's own grace period. For a
   * task that is being cancelled already: shortens what is left, never lengthens it.
   */
  readonly gracePeriodSeconds?: number | undefined;
}

/** The body of `POST /v1/tasks/:id/finish`. */
export interface FinishRequest {
  /** The attempt that ends, as `start` returned it. */
  readonly attempt: number;
  /** The holder that ran it, as given to `start`: it tells the run from one of a later task of the same id. */
  readonly holder?: string | undefined;
  readonly status: "succeeded" | "failed" | "cancelled";
  /** What came of it, at most 4 KiB of JSON. Not together with `error`. */
  readonly result?: JsonValue | undefined;
  /** What went wrong, at most 4 KiB of JSON. Not together with `result`. */
  readonly error?: JsonValue | undefined;
  /** Whether a task that failed is tried again if it has attempts left. Default: true. */
  readonly retry?: boolean | undefined;
  /** Seconds until it is tried again, instead of the task's own back-off. */
  readonly retryAfterSeconds?: number | undefined;
}

/** The body of `POST /v1/tasks/:id/heartbeat`: a sign of life of the run. */
export interface HeartbeatRequest {
  readonly attempt: number;
  /** The holder that runs it, as given to `start`. */
  readonly holder: string;
  /** How far the work is, for readers and for the next attempt, at most 4 KiB of JSON. */
  readonly progress?: JsonValue | undefined;
}

/** The body of `POST /v1/tasks/:id/release`: the worker gives the task back, and that is no failure. */
export interface ReleaseRequest {
  readonly attempt: number;
  /** The holder that runs it, as given to `start`. */
  readonly holder: string;
  /** Seconds until it may be started again. Default: 0. */
  readonly delaySeconds?: number | undefined;
}

/** The reason of a cancel is cut to this length. */
export const MAX_REASON_CHARACTERS = 1024;

/** The beginning of a text, of at most this many UTF-16 code units; no character is cut in half. */
export function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return text.slice(0, maxCharacters).replace(/\p{Surrogate}$/u, "");
}

/** The WebSocket subprotocol; a client that offers it gets it confirmed. */
export const WEBSOCKET_PROTOCOL = "edge-canceler.v1";

/** The WebSocket is closed with this code when the token has expired that it was opened with. */
export const TOKEN_EXPIRED_CLOSE_CODE = 4401;

/**
 * What a token can allow. `watch`: read and watch. `work`: claim, start, heartbeat, release, finish,
 * read and watch. `cancel`. `declare`: declare, enqueue, retry and forget tasks, and change queues.
 * `admin`: all of it, and webhooks.
 */
export const SCOPES = ["watch", "work", "cancel", "declare", "admin"] as const;

/** One of the things that a token can allow. */
export type Scope = (typeof SCOPES)[number];

/** The least length of the secret that signs tokens. */
export const MIN_SECRET_BYTES = 32;

/** The greatest length of a token's subject. */
export const MAX_SUBJECT_CHARACTERS = 256;
