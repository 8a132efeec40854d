import type { WatchOptions } from "./options.ts";
import type { Cancellation, CancellationCause, Problem } from "./protocol.ts";
import { oneLine } from "./safe-text.ts";

/**
 * Somebody cancelled the task, or its deadline passed. It is the `reason` of a watch's signal, and
 * what `run` rejects with. Its `name` is `AbortError`, or `TimeoutError` when the cause is
 * `timeout`, so code that handles those keeps working.
 *
 * @example
 * ```ts
 * try {
 *   await tasks.run("1234", train);
 * } catch (error) {
 *   if (!(error instanceof TaskCancelledError)) throw error;
 *   console.log(`stopped: ${error.reason}`);
 * }
 * ```
 */
export class TaskCancelledError extends Error {
  readonly taskId: string;
  /** `request`: somebody asked. `timeout`: the task's deadline passed. */
  override readonly cause: CancellationCause;
  /** What the canceller gave as the reason; null if nothing. */
  readonly reason: string | null;
  /** The whole receipt. */
  readonly cancellation: Cancellation;

  constructor(taskId: string, cancellation: Cancellation) {
    const { cause, reason } = cancellation;
    super(`task ${taskId} was cancelled (${cause})${reason ? `: ${oneLine(reason)}` : ""}`);
    this.name = cause === "timeout" ? "TimeoutError" : "AbortError";
    this.taskId = taskId;
    this.cause = cause;
    this.reason = reason;
    this.cancellation = cancellation;
  }
}

/** Another worker has started the task since: this attempt's outcome does not count any more. */
export class TaskFencedError extends Error {
  readonly taskId: string;
  /** The attempt that runs the task now. */
  readonly attempt: number;

  constructor(taskId: string, attempt: number) {
    super(`task ${taskId} is run by attempt ${attempt} now`);
    this.name = "TaskFencedError";
    this.taskId = taskId;
    this.attempt = attempt;
  }
}

/**
 * The worker's lease is over: nothing was heard from the service for as long, or the service has
 * given the run up. The task may be run elsewhere soon, so the work has to stop; there is nothing to
 * report.
 */
export class TaskLeaseLostError extends Error {
  readonly taskId: string;
  /** The attempt that held the lease. */
  readonly attempt: number;

  constructor(taskId: string, attempt: number, options?: ErrorOptions) {
    super(`attempt ${attempt} of task ${taskId} holds its lease no longer`, options);
    this.name = "TaskLeaseLostError";
    this.taskId = taskId;
    this.attempt = attempt;
  }
}

/** The task ended and was forgotten while nobody could hear of it: there is nothing left to work for. */
export class TaskGoneError extends Error {
  readonly taskId: string;

  constructor(taskId: string, options?: ErrorOptions) {
    super(`task ${taskId} has ended and was forgotten`, options);
    this.name = "TaskGoneError";
    this.taskId = taskId;
  }
}

/** The service understood the request and refused it (4xx): asking again would change nothing. */
export class RequestRefusedError extends Error {
  /** The HTTP status, such as 401, 403 or 409. */
  readonly status: number;
  /** What the service said; null if the answer was not one of its own. */
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null) {
    super(problem ? oneLine(problem.detail) : `refused with HTTP status ${status}`);
    this.name = "RequestRefusedError";
    this.status = status;
    this.problem = problem;
  }
}

interface Options extends ErrorOptions {
  readonly retryAfterSeconds?: number;
}

/**
 * No usable answer came: no connection, no answer in time, a 5xx, or something that is not from
 * the service at all. It says nothing about the task. Unreachable is not cancelled.
 */
export class ServiceUnreachableError extends Error {
  /** How long the service asked not to be asked again, in seconds; 0 if it did not say. */
  readonly retryAfterSeconds: number;

  constructor(message: string, options: Options = {}) {
    super(message, options);
    this.name = "ServiceUnreachableError";
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}

/** What the service said when it refused; null if it is none of its refusals. */
export function problemOf(error: unknown): Problem | null {
  return error instanceof RequestRefusedError ? error.problem : null;
}

/** Returns what was thrown, wrapped in an error if it is not one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}

/** Anything can be thrown, even what has no text. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** In a microtask, where an error of the callback is the caller's and ends or hides nothing. */
export function tellError({ onError = console.warn }: WatchOptions, error: unknown): void {
  queueMicrotask(() => onError(asError(error)));
}
