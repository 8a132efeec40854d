import type { Cancellation, CancellationCause } from "../protocol.ts";

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
    super(`task ${taskId} was cancelled (${cause})${reason ? `: ${reason}` : ""}`);
    this.name = cause === "timeout" ? "TimeoutError" : "AbortError";
    this.taskId = taskId;
    this.cause = cause;
    this.reason = reason;
    this.cancellation = cancellation;
  }
}
