import { currentTask, surroundingTask, withinTask } from "./current-task.ts";
import {
  asError,
  type FailureReport,
  problemOf,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFailedError,
  TaskFencedError,
  tellError,
  textOf,
} from "./errors.ts";
import type { RunOptions } from "./options.ts";
import type { FinishRequest, JsonObject, JsonValue, TaskState } from "./protocol.ts";
import type { Service } from "./service.ts";
import type { TaskClient } from "./task-client.ts";
import { TaskWatch } from "./task-watch.ts";
import { startTimer } from "./timer.ts";

/** What the work of a run is handed. */
export interface TaskRun {
  /** The task's id. */
  readonly id: string;
  /** What the task was declared with for its worker; null if that is nothing. */
  readonly input: JsonValue;
  /** Aborts when the work has to stop; its reason says why. Pass it on to whatever can be aborted. */
  readonly signal: AbortSignal;
  /** The number of this run of the task, from 1. */
  readonly attempt: number;
  /** What an attempt before said last of how far it was; null if none did. */
  readonly progress: JsonValue;
  /** The trace that the task was made in (W3C Trace Context); null if there is none. */
  readonly traceparent: string | null;
  /**
   * Tells readers and the next attempt how far the work is: at most 4 KiB of JSON. It never rejects:
   * `onError` is told what could not be delivered. The run gives its signs of life without it.
   */
  readonly heartbeat: (progress?: JsonValue) => Promise<void>;
}

/** Starts the task, and runs what was started. */
export async function runTask<Result>(
  client: TaskClient,
  service: Service,
  id: string,
  work: (run: TaskRun) => Result | Promise<Result>,
  options: RunOptions,
): Promise<Result> {
  const { leaseSeconds, takeOver, maxAttempts, backoffSeconds, maxBackoffSeconds } = options;
  const around = currentTask() === undefined ? surroundingTask(id) : undefined;
  const { parent = around, onParentCancel } = options;
  const holder = crypto.randomUUID();
  const sinceMs = performance.now();
  const task = await client
    .start(id, {
      holder,
      leaseSeconds,
      takeOver,
      maxAttempts,
      backoffSeconds,
      maxBackoffSeconds,
      parent,
      onParentCancel,
      signal: options.signal,
    })
    .catch((error: unknown) => {
      throw meaningOf(error, id);
    });
  return runStarted(client, service, { id, task, holder, leaseSeconds, sinceMs }, work, options);
}

/** A run that has begun for the service. */
export interface StartedRun {
  /** As the caller names it: the task's own id may be an escaped one. */
  readonly id: string;
  readonly task: TaskState;
  readonly holder: string;
  readonly leaseSeconds: number | undefined;
  /** `performance.now()` before the start was asked for. */
  readonly sinceMs: number;
  /** What the report of a success says came of the work; throws if that is not JSON. Default: nothing. */
  readonly result?: () => JsonValue | undefined;
}

/**
 * Watches a task that was started, does the work, and reports how it ended. Work that comes to its end
 * after its signal aborted was stopped, whether it throws or returns: what it returns may be half of
 * something.
 */
export async function runStarted<Result>(
  client: TaskClient,
  service: Service,
  { id, task: started, holder, leaseSeconds, sinceMs, result: resultOf }: StartedRun,
  work: (run: TaskRun) => Result | Promise<Result>,
  options: RunOptions,
): Promise<Result> {
  const tell = (error: unknown) => tellError(options, error);
  const { attempt, progress, traceparent, input = null } = started;
  const run = { attempt, holder, leaseSeconds, sinceMs };
  const watch = new TaskWatch(service, id, { ...options, run }, started);
  const stop = firstAbortOf(watch.signal, options.signal);
  let isOver = false;

  async function heartbeat(done?: JsonValue): Promise<void> {
    try {
      await watch.heartbeat(done);
    } catch (error) {
      // The end of the run may overtake it.
      if (!isOver && !watch.signal.aborted) tell(error);
    }
  }

  /** Reports the end: without what is said of it if the service does not take that, but `plain`. */
  async function report(
    status: FinishRequest["status"],
    said: () => Said,
    plain?: Said,
  ): Promise<unknown> {
    const finish = (more?: Said) => client.finish(id, { attempt, holder, status, ...more });
    try {
      const more = said();
      if (JSON.stringify(more).length > MAX_SAID_CHARACTERS)
        throw new Error("the report is too long");
      return await finish(more);
    } catch (error) {
      if (!isUnfit(error)) throw error;
      tell(error);
      return finish(plain);
    }
  }

  async function begin(): Promise<Result> {
    // A cancel that came first means that the work is not begun at all.
    stop.signal.throwIfAborted();
    return withinTask(id, () =>
      work({ id, input, signal: stop.signal, attempt, progress, traceparent, heartbeat }),
    );
  }

  async function succeed(result: Result): Promise<Result> {
    const { aborted, reason } = stop.signal;
    if (aborted && options.onLateSuccess !== "succeeded") return endStopped(reason);
    try {
      await report("succeeded", () => ({ result: resultOf?.() }));
    } catch (error) {
      if (isAboutTheTask(error)) throw meaningOf(error, id);
      // The work is done all the same; what it came to must not be lost with the report.
      tell(error);
    }
    return result;
  }

  async function fail(error: unknown): Promise<never> {
    if (stop.signal.aborted) return endStopped(error);
    const said = sayingOf(error);
    const plain = { error: inWords(error), retry: said.retry !== false };
    await report("failed", () => ({ ...said, error: describe(error) }), plain).catch(tell);
    throw error;
  }

  /** The work was told to stop, and has. `thrown` is the signal's reason if it says nothing else. */
  async function endStopped(thrown: unknown): Promise<never> {
    const { reason } = stop.signal;
    if (reason instanceof TaskCancelledError) {
      const said = () => (thrown === reason ? {} : { error: describe(thrown) });
      await report("cancelled", said).catch(tell);
      throw reason;
    }
    // Fenced, gone, lost or out of reach: there is nothing to report, or nobody to report it to.
    if (watch.signal.aborted) throw reason;
    const end =
      (watch.task ?? started).maxAttempts > 1
        ? client.release(id, { attempt, holder })
        : report("failed", () => ({ error: { type: "interrupted", ...inWords(thrown) } }));
    await end.catch(tell);
    throw thrown;
  }

  // Work that waits for nothing but its signal is still work: the process may not end meanwhile.
  const letEnd = startTimer(Infinity, () => {}, undefined, true);
  return begin()
    .finally(() => {
      isOver = true;
      watch.close();
      stop.unlink();
    })
    .then(succeed, fail)
    .finally(letEnd);
}

interface FirstAbort {
  readonly signal: AbortSignal;
  /** Leaves nothing behind at the signals that were followed. */
  unlink(): void;
}

/**
 * A signal that aborts with the first of some. `AbortSignal.any` would stay behind at a signal that
 * outlives the run, such as the one for the shutdown of a worker that runs tasks for months.
 */
function firstAbortOf(...signals: readonly (AbortSignal | undefined)[]): FirstAbort {
  const controller = new AbortController();
  const links = signals.flatMap((signal) => {
    if (signal === undefined) return [];
    const abort = () => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    return [() => signal.removeEventListener("abort", abort)];
  });
  return {
    signal: controller.signal,
    unlink: () => {
      for (const unlink of links) unlink();
    },
  };
}

type Said = Omit<FinishRequest, "attempt" | "holder" | "status">;

/** The service refuses more than that, but where it is megabytes cuts the line instead. */
const MAX_SAID_CHARACTERS = 16_384;

/** Whether it is what was said of the end that cannot be reported: not JSON, too large or too deep. */
function isUnfit(error: unknown): boolean {
  if (error instanceof ServiceUnreachableError) return false;
  return [400, 413].includes(problemOf(error)?.status ?? 400);
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

/** What to report of what the work has thrown. */
function describe(error: unknown): JsonValue {
  return sayingOf(error).error ?? inWords(error);
}

/** What the work itself says of its failure. */
function sayingOf(error: unknown): FailureReport {
  return error instanceof TaskFailedError ? error.report : {};
}

/** Within the service's limit for an error, however it is escaped. */
function inWords(error: unknown): JsonObject {
  const { name, message } = asError(error);
  return { name: textOf(name).slice(0, 100), message: textOf(message).slice(0, 500) };
}
