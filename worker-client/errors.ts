import type { WatchOptions } from "./options.ts";
import type { Cancellation, CancellationCause, FinishRequest } from "./protocol.ts";
import type { Problem } from "./protocol-problems.ts";
import { oneLine } from "./safe-text.ts";

/**
 * Somebody cancelled the task, or its deadline passed. It is the `reason` of a watch's signal, and
 * what `run` rejects with. Its `name` is `AbortError`, or `TimeoutError` if the cause is `timeout`, so
 * code that handles those keeps working. Its `message` is safe to print on a terminal.
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
  /** The canceller's reason, exactly as it was given; null if none was. */
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

/** The task has ended and was forgotten while the line was cut: there is nothing left to work for. */
export class TaskGoneError extends Error {
  readonly taskId: string;

  constructor(taskId: string, options?: ErrorOptions) {
    super(`task ${taskId} has ended and was forgotten`, options);
    this.name = "TaskGoneError";
    this.taskId = taskId;
  }
}

/**
 * Throw it from the work of a run to say more about a failure: what readers of the task see as its
 * `error`, and whether, or when, the task is tried again.
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

/** What the report of a failure says: as in `finish`. */
export type FailureReport = Pick<FinishRequest, "error" | "retry" | "retryAfterSeconds">;

/**
 * The request was refused (4xx): asking again would change nothing. Its `message` says why, and is safe
 * to print on a terminal.
 */
export class RequestRefusedError extends Error {
  /** The HTTP status, such as 401, 403 or 409. */
  readonly status: number;
  /** What the service said; null if the answer came from somebody else, such as a firewall. */
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
 * No usable answer came: there was no connection, no answer in time, a 5xx, a redirect, or something
 * that the service would not say. It tells nothing about the task: unreachable is not cancelled.
 */
export class ServiceUnreachableError extends Error {
  /** How long the service wants to be left alone, in seconds; 0 if it did not say. */
  readonly retryAfterSeconds: number;

  constructor(message: string, options: Options = {}) {
    super(message, options);
    this.name = "ServiceUnreachableError";
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}

/** Returns what the service said when it refused; null if the error is not such a refusal. */
export function problemOf(error: unknown): Problem | null {
  return error instanceof RequestRefusedError ? error.problem : null;
}

/** Returns what was thrown, wrapped in an error if it is not one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}

/** Returns a value as text. Anything can be thrown, even an object that cannot be made a string. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** Tells of an error in a microtask, so that an error of the callback itself stops nothing here. */
export function tellError({ onError = console.warn }: WatchOptions, error: unknown): void {
  queueMicrotask(() => onError(asError(error)));
}

/** Whether the service refused because it knows no such task, or the token does not name it. */
export function isUnknownTask(error: unknown): boolean {
  return problemOf(error)?.type === "urn:edge-canceler:problem:task-unknown";
}
