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

/** The status of a task that has ended. */
export type EndedStatus = "succeeded" | "failed" | "cancelled" | "timed_out";

/** The statuses of a task that has not ended. */
export const LIVING_STATUSES = ["pending", "running", "cancelling"] as const;

/** Every status, in the order of a task's life. */
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

/** Why a task was cancelled: on request, because it timed out, with its parent, or because a newer task took its place. */
export type CancellationCause = "request" | "timeout" | "parent" | "superseded";

/** How an attempt ended: as its worker reported, or because the task went to another run. */
export type AttemptOutcome =
  | "succeeded"
  | "failed"
  | "cancelled"
  | "fenced"
  /** Its lease expired. */
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
  /** The error that the worker reported. If it is over 1 KiB, its beginning, as a text. */
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
  /** When the worker confirmed that it stopped, even if the task had ended before; null if it has not. */
  readonly acknowledgedAt: string | null;
  /**
   * How long the worker may take to stop, in seconds, from when it hears of the cancel; null if none
   * was running. The worker counts it by its own clock, so clocks need not agree. A later cancel can
   * shorten it, never lengthen it.
   */
  readonly gracePeriodSeconds: number | null;
  /** When the task ends even if its worker has not stopped; null if it was not running. */
  readonly graceEndsAt: string | null;
}

/** How long a run may be silent before it counts as lost. All times are RFC 3339 strings. */
export interface Lease {
  readonly seconds: number;
  /** When the service last heard from the worker. */
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
   * Increases by one at each change of the task, and starts at a number that no earlier task with this
   * id had. It is the ETag. The delivery of a cancel and the number of watchers do not change it.
   */
  readonly revision: number;
  /** The number of the latest run, 0 before the first. It is the fencing token. */
  readonly attempt: number;
  readonly createdAt: string;
  /** When its first attempt started. If it failed and runs again, the first attempt since then. */
  readonly startedAt: string | null;
  /** When a running task is cancelled automatically: `timeoutSeconds` after `startedAt`. */
  readonly deadlineAt: string | null;
  readonly endedAt: string | null;
  readonly cancellation: Cancellation | null;
  readonly metadata: JsonObject;
  readonly result: JsonValue;
  readonly error: JsonValue;
  /** The last 20 attempts, oldest first. */
  readonly attempts: readonly Attempt[];
  /** How many attempts may fail or be lost before the task fails. */
  readonly maxAttempts: number;
  /** How many attempts have failed or been lost. */
  readonly failures: number;
  /** A task that waits for its next attempt cannot start before this time; null if it may start at once. */
  readonly availableAt: string | null;
  /** The lease of the current run; null if it has none, or the task does not run. */
  readonly lease: Lease | null;
  /** The progress that a worker last reported, such as the name of a checkpoint; null if none. */
  readonly progress: JsonValue;
  /** The task that it is cancelled with; null if it has none. */
  readonly parent: string | null;
  /** Counts of everything below it; null if it never had a child. They change without a new revision. */
  readonly descendants: Descendants | null;
  /** The queue that it waits in whenever it is pending; null if it is in none. */
  readonly queue: string | null;
  /** Its priority there: higher first, −9 to 9. */
  readonly priority: number;
  /**
   * The trace of the request that created the task, for the worker to continue; null if that request
   * named none (W3C Trace Context, https://www.w3.org/TR/trace-context/).
   */
  readonly traceparent: string | null;
  /**
   * The input that it was declared with. It can be long, so only the responses to a start, a claim and
   * a plain GET have it.
   */
  readonly input?: JsonValue;
  /** How many watches of the task are open, not counting those that only observe. */
  readonly watchers: number;
}

/** How often a task is tried, and how long it waits in between. */
export interface RetryPolicy {
  /** How many attempts the task may have, 1 to 100. Default: 1. */
  readonly maxAttempts?: number | undefined;
  /**
   * Seconds until the next attempt after the first failure, at most: the actual wait is a random part
   * of this. It doubles with each failure. Default: 10.
   */
  readonly backoffSeconds?: number | undefined;
  /** The most that the back-off doubles up to, in seconds. Default: 3,600. */
  readonly maxBackoffSeconds?: number | undefined;
}

/** The body of `PUT /v1/tasks/:id`. */
export interface DeclareRequest extends RetryPolicy, DeclaredChildRequest {
  /** Seconds within which the task has to be started, or it times out. Default: no limit. */
  readonly startWithinSeconds?: number | undefined;
  /** Seconds after `startedAt` when a running task is cancelled automatically. Default: never. */
  readonly timeoutSeconds?: number | undefined;
  /** Seconds that a worker may take to stop. Default: 30. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Seconds that the task is remembered after its end. Default: 604,800 (seven days). */
  readonly retentionSeconds?: number | undefined;
  /** Anything that helps a reader, at most 4 KiB of JSON. */
  readonly metadata?: JsonObject | undefined;
  /** The queue that workers claim it from. Its name follows the rules for ids. Default: none. */
  readonly queue?: string | undefined;
  /** Its priority in the queue: higher first, −9 to 9. Default: 0. */
  readonly priority?: number | undefined;
  /** What the worker works on, at most 64 KiB of JSON. */
  readonly input?: JsonValue | undefined;
  /** The earliest time it may start (RFC 3339). Not together with `delaySeconds`. Default: at once. */
  readonly availableAt?: string | undefined;
  /** Seconds until it may start. Default: 0. */
  readonly delaySeconds?: number | undefined;
}

/**
 * The body of `POST /v1/tasks/:id/start`. Its retry policy applies only if it creates the task: a task
 * that exists already keeps the policy that it was declared with.
 */
export interface StartRequest extends RetryPolicy, ChildRequest {
  /**
   * Seconds that the run may be silent before it counts as lost and the task is handed on, 10 to 3,600.
   * Default: none, and the run never counts as lost.
   */
  readonly leaseSeconds?: number | undefined;
  /** Takes the task over from a run that holds a lease, and starts it even before `availableAt`. Default: false. */
  readonly takeOver?: boolean | undefined;
  /**
   * An id that the worker makes up for one run, 1 to 128 characters. Another start with the same holder
   * returns the same attempt, or is refused if that attempt is over.
   */
  readonly holder: string;
}

/** The body of `POST /v1/tasks/:id/cancel`. */
export interface CancelRequest {
  /** For people. It is cut after 1,024 characters. */
  readonly reason?: string | undefined;
  /**
   * How long the worker may take to stop, in seconds, instead of the task's own grace period. If the
   * task is already being cancelled, this can shorten the grace period, never lengthen it.
   */
  readonly gracePeriodSeconds?: number | undefined;
}

/** The body of `POST /v1/tasks/:id/finish`. */
export interface FinishRequest {
  /** The attempt that ends, as `start` returned it. */
  readonly attempt: number;
  /** The holder that ran it, as given to `start`. It tells this run from that of a later task with the same id. */
  readonly holder?: string | undefined;
  readonly status: "succeeded" | "failed" | "cancelled";
  /** The task's result, at most 4 KiB of JSON. Not together with `error`. */
  readonly result?: JsonValue | undefined;
  /** What went wrong, at most 4 KiB of JSON. Not together with `result`. */
  readonly error?: JsonValue | undefined;
  /** Whether a failed task is retried if it has attempts left. Default: true. */
  readonly retry?: boolean | undefined;
  /** Seconds until the retry, instead of the task's own back-off. */
  readonly retryAfterSeconds?: number | undefined;
}

/** The body of `POST /v1/tasks/:id/heartbeat`, which keeps the lease of a run alive. */
export interface HeartbeatRequest {
  readonly attempt: number;
  /** The holder that runs it, as given to `start`. */
  readonly holder: string;
  /** How far the work is, for readers and for the next attempt, at most 4 KiB of JSON. */
  readonly progress?: JsonValue | undefined;
}

/** The body of `POST /v1/tasks/:id/release`: the worker gives the task back, which is not a failure. */
export interface ReleaseRequest {
  readonly attempt: number;
  /** The holder that runs it, as given to `start`. */
  readonly holder: string;
  /** Seconds until it may be started again. Default: 0. */
  readonly delaySeconds?: number | undefined;
}

/** A cancel's reason is cut to this length. */
export const MAX_REASON_CHARACTERS = 1024;

/** Cuts a text to at most `maxCharacters` UTF-16 code units, but no character in half. */
export function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return text.slice(0, maxCharacters).replace(/\p{Surrogate}$/u, "");
}

/** The WebSocket subprotocol. The service confirms it to a client that offers it. */
export const WEBSOCKET_PROTOCOL = "edge-canceler.v1";

/** The code that the service closes a WebSocket with when the token it was opened with has expired. */
export const TOKEN_EXPIRED_CLOSE_CODE = 4401;

/**
 * The scopes of a token. `watch`: read and watch. `work`: claim, start, heartbeat, release, finish,
 * read and watch. `cancel`. `declare`: declare, enqueue, retry and forget tasks, and change queues.
 * `admin`: all of these, and webhooks.
 */
export const SCOPES = ["watch", "work", "cancel", "declare", "admin"] as const;

/** A scope of a token. */
export type Scope = (typeof SCOPES)[number];

/** The minimum length of the secret that signs tokens. */
export const MIN_SECRET_BYTES = 32;

/** The maximum length of a token's subject. */
export const MAX_SUBJECT_CHARACTERS = 256;
