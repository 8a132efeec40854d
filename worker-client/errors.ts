import type { WatchOptions } from "./options.ts";
import type { Cancellation, CancellationCause, FinishRequest } from "./protocol.ts";
import type { Problem } from "./protocol-problems.ts";
import { oneLine } from "./safe-text.ts";

/**
 * The task was cancelled, or its deadline passed. It is the `reason` of a watch's signal, and what
 * `run` rejects with. Its `name` is `AbortError`, or `TimeoutError` if the cause is `timeout`, so code
 * that handles those keeps working. Its `message` is safe to print on a terminal.
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
  /**
   * `request`: somebody cancelled it. `timeout`: its deadline passed. `parent`: its parent was
   * cancelled. `superseded`: a newer task took its place.
   */
  override readonly cause: CancellationCause;
  /** The canceller's reason, verbatim; null if none was given. */
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

/** Another worker has started the task since, so the outcome of this attempt no longer counts. */
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
 * The run lost its lease: the service was silent for as long as the lease lasts, or it gave up on the
 * run. The task may soon run elsewhere, so the work has to stop. There is nothing to report.
 */
export class TaskLeaseLostError extends Error {
  readonly taskId: string;
  /** The attempt that held the lease. */
  readonly attempt: number;

  constructor(taskId: string, attempt: number, options?: ErrorOptions) {
    super(`attempt ${attempt} of task ${taskId} has lost its lease`, options);
    this.name = "TaskLeaseLostError";
    this.taskId = taskId;
    this.attempt = attempt;
  }
}

/** The task ended and was forgotten while the connection was down: the work no longer counts. */
export class TaskGoneError extends Error {
  readonly taskId: string;

  constructor(taskId: string, options?: ErrorOptions) {
    super(`task ${taskId} has ended and was forgotten`, options);
    this.name = "TaskGoneError";
    this.taskId = taskId;
  }
}

/**
 * Throw this from the work of a run to say more about a failure: what readers of the task see as its
 * `error`, and whether and when the task is retried.
 *
 * @example
 * ```ts
 * await tasks.work("resize", async ({ input }) => {
 *   if (!isPicture(input)) throw new TaskFailedError("not a picture", { retry: false });
 *   return resize(input);
 * });
 * ```
 */
export class TaskFailedError extends Error {
  /** What to report. */
  readonly report: FailureReport;

  constructor(message: string, { cause, ...report }: FailureReport & ErrorOptions = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "TaskFailedError";
    this.report = report;
  }
}

/** What `finish` reports about a failure. */
export type FailureReport = Pick<FinishRequest, "error" | "retry" | "retryAfterSeconds">;

/**
 * The request was refused (4xx), and retrying it would not help. Its `message` says why, and is safe to
 * print on a terminal.
 */
export class RequestRefusedError extends Error {
  /** The HTTP status, such as 401, 403 or 409. */
  readonly status: number;
  /** The problem that the service reported; null if something else refused, such as a firewall. */
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
 * There was no usable response: no connection, a timeout, a 5xx, a redirect, or a body that is not the
 * service's. It says nothing about the task: unreachable is not cancelled.
 */
export class ServiceUnreachableError extends Error {
  /** Seconds from the `Retry-After` header, or 0 if there was none. */
  readonly retryAfterSeconds: number;

  constructor(message: string, options: Options = {}) {
    super(message, options);
    this.name = "ServiceUnreachableError";
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}

/** Returns the problem that the service refused with, or null if the error is not its refusal. */
export function problemOf(error: unknown): Problem | null {
  return error instanceof RequestRefusedError ? error.problem : null;
}

/** Returns the thrown value, wrapped in an `Error` if it is not one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}

/** Converts a value to text. Anything can be thrown, even an object that has no string form. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** Calls `onError` in a microtask, so that an exception in the callback does not stop anything here. */
export function tellError({ onError = console.warn }: WatchOptions, error: unknown): void {
  queueMicrotask(() => onError(asError(error)));
}

/** Whether the service refused because the task is unknown, or the token does not cover it. */
export function isUnknownTask(error: unknown): boolean {
  return problemOf(error)?.type === "urn:edge-canceler:problem:task-unknown";
}
