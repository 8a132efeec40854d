import {
  asError,
  problemOf,
  TaskCancelledError,
  TaskFencedError,
  tellError,
  textOf,
} from "./errors.ts";
import type { RunOptions } from "./options.ts";
import type { JsonValue } from "./protocol.ts";
import type { Service } from "./service.ts";
import type { TaskClient } from "./task-client.ts";
import { TaskWatch } from "./task-watch.ts";
import { startTimer } from "./timer.ts";

/** What the work of a run is handed. */
export interface TaskRun {
  /** Aborts when the work has to stop; its reason says why. Pass it on to whatever can be aborted. */
  readonly signal: AbortSignal;
  /** The number of this run of the task, from 1. */
  readonly attempt: number;
}

/** Starts the task, watches it, does the work, and reports how it ended. */
export async function runTask<Result>(
  client: TaskClient,
  service: Service,
  id: string,
  work: (run: TaskRun) => Result | Promise<Result>,
  options: RunOptions,
): Promise<Result> {
  const tell = (error: unknown) => tellError(options, error);
  const holder = crypto.randomUUID();
  const started = await client
    .start(id, { holder, signal: options.signal })
    .catch((error: unknown) => {
      throw meaningOf(error, id);
    });
  const { attempt } = started;
  const watch = new TaskWatch(service, id, options, started);
  const signal = options.signal ? AbortSignal.any([watch.signal, options.signal]) : watch.signal;

  async function begin(): Promise<Result> {
    // A cancel that came first means that the work is not begun at all.
    signal.throwIfAborted();
    return work({ signal, attempt });
  }

  async function succeed(result: Result): Promise<Result> {
    try {
      await client.finish(id, { attempt, holder, status: "succeeded" });
    } catch (error) {
      if (isAboutTheTask(error)) throw meaningOf(error, id);
      // The work is done all the same; what it came to must not be lost with the report.
      tell(error);
    }
    return result;
  }

  async function fail(error: unknown): Promise<never> {
    const { aborted, reason } = watch.signal;
    const cancelled = reason instanceof TaskCancelledError;
    // Fenced, gone or out of reach: there is nothing to report, or nobody to report it to.
    if (aborted && !cancelled) throw reason;
    await client
      .finish(id, {
        attempt,
        holder,
        status: cancelled ? "cancelled" : "failed",
        error: cancelled && error === reason ? undefined : describe(error),
      })
      .catch(tell);
    throw cancelled ? reason : error;
  }

  // Work that waits for nothing but its signal is still work: the process may not end meanwhile.
  const letEnd = startTimer(Infinity, () => {}, undefined, true);
  return begin()
    .finally(() => watch.close())
    .then(succeed, fail)
    .finally(letEnd);
}

/** The service says that the outcome does not count; it is not the report that was not let through. */
function isAboutTheTask(error: unknown): boolean {
  return [404, 409, 410].includes(problemOf(error)?.status ?? 0);
}

/** A refusal in the words of the task: it was cancelled, or another run of it counts. */
function meaningOf(error: unknown, id: string): unknown {
  const { type, task } = problemOf(error) ?? {};
  if (task && type?.endsWith("stale-attempt")) return new TaskFencedError(id, task.attempt);
  if (task?.cancellation) return new TaskCancelledError(id, task.cancellation);
  return error;
}

/** Within the service's limit for an error, however it is escaped. */
function describe(error: unknown): JsonValue {
  const { name, message } = asError(error);
  return { name: textOf(name).slice(0, 100), message: textOf(message).slice(0, 500) };
}
