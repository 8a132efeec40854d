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

/** What the work of a run gets. */
export interface TaskRun {
  /** The task's id. */
  readonly id: string;
  /** The input that the task was declared with; null if it has none. */
  readonly input: JsonValue;
  /** Aborts when the work has to stop; its reason says why. Pass it on to whatever can be aborted. */
  readonly signal: AbortSignal;
  /** The number of this run of the task, from 1. */
  readonly attempt: number;
  /** The progress that an earlier attempt reported last; null if none did. */
  readonly progress: JsonValue;
  /** The trace that the task was created in (W3C Trace Context); null if there is none. */
  readonly traceparent: string | null;
  /**
   * Reports progress to readers and the next attempt, at most 4 KiB of JSON. It never rejects: if it
   * fails, `onError` is called. The run keeps its lease alive without it.
   */
  readonly heartbeat: (progress?: JsonValue) => Promise<void>;
}

/** Starts a task, and runs it. */
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

/** A run that the service has started. */
export interface StartedRun {
  /** The id as the caller gave it. `task.id` may be an escaped one. */
  readonly id: string;
  readonly task: TaskState;
  readonly holder: string;
  readonly leaseSeconds: number | undefined;
  /** `performance.now()` before the start was requested. */
  readonly sinceMs: number;
  /** Returns the result to report with a success; throws if it is not JSON. Default: no result. */
  readonly result?: () => JsonValue | undefined;
}

/**
 * Watches a started task, does the work, and reports how it ended. Work that ends after its signal
 * aborted counts as stopped, whether it throws or returns: what it returns may be incomplete.
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
  const over = new AbortController();
  const stop = firstAbortOf([watch.signal, options.signal], over.signal);

  async function heartbeat(done?: JsonValue): Promise<void> {
    try {
      await watch.heartbeat(done);
    } catch (error) {
      // It may fail because the run has ended meanwhile.
      if (!over.signal.aborted && !watch.signal.aborted) tell(error);
    }
  }

  /** Reports the end with details, or with `plain` ones if the service does not accept those. */
  async function report(
    status: FinishRequest["status"],
    details: () => Details,
    plain?: Details,
  ): Promise<unknown> {
    const finish = (more?: Details) => client.finish(id, { attempt, holder, status, ...more });
    try {
      const more = details();
      if (JSON.stringify(more).length > MAX_DETAILS_CHARACTERS)
        throw new Error("the report is too long");
      return await finish(more);
    } catch (error) {
      if (!isUnfit(error)) throw error;
      tell(error);
      return finish(plain);
    }
  }

  async function begin(): Promise<Result> {
    // If the task was cancelled first, the work does not begin at all.
    stop.throwIfAborted();
    try {
      return await withinTask(id, () =>
        work({ id, input, signal: stop, attempt, progress, traceparent, heartbeat }),
      );
    } catch (error) {
      // A child was cancelled. If that came from this task, the child may have heard of it first.
      if (error instanceof TaskCancelledError && !stop.aborted) await heartbeat();
      throw error;
    }
  }

  async function succeed(result: Result): Promise<Result> {
    const { aborted, reason } = stop;
    if (aborted && options.onLateSuccess !== "succeeded") return endStopped(reason);
    try {
      await report("succeeded", () => ({ result: resultOf?.() }));
    } catch (error) {
      if (isAboutTheTask(error)) throw meaningOf(error, id);
      // The work is done all the same: its result must not be lost with the report.
      tell(error);
    }
    return result;
  }

  async function fail(error: unknown): Promise<never> {
    if (stop.aborted) return endStopped(error);
    const given = failureReportOf(error);
    const plain = { error: summaryOf(error), retry: given.retry !== false };
    await report("failed", () => ({ ...given, error: describe(error) }), plain).catch(tell);
    throw error;
  }

  /** The work was told to stop, and did. `thrown` is what it threw, or the signal's reason. */
  async function endStopped(thrown: unknown): Promise<never> {
    const { reason } = stop;
    if (reason instanceof TaskCancelledError) {
      const details = () => (thrown === reason ? {} : { error: describe(thrown) });
      await report("cancelled", details).catch(tell);
      throw reason;
    }
    // Fenced, gone, lost or out of reach: there is nothing to report, or nobody to report it to.
    if (watch.signal.aborted) throw reason;
    const end =
      (watch.task ?? started).maxAttempts > 1
        ? client.release(id, { attempt, holder })
        : report("failed", () => ({ error: { type: "interrupted", ...summaryOf(thrown) } }));
    await end.catch(tell);
    throw thrown;
  }

  // Keeps the process alive, even while the work waits for nothing but its signal.
  const letExit = startTimer(Infinity, () => {}, undefined, true);
  return begin()
    .finally(() => {
      watch.close();
      over.abort();
    })
    .then(succeed, fail)
    .finally(letExit);
}

/**
 * Returns a signal that aborts with the first of several, which it follows until `over` aborts.
 * `AbortSignal.any`, and a listener with `over` as its `signal`, would leak at a signal that outlives
 * the run, such as the one that shuts down a worker after months of tasks.
 */
function firstAbortOf(
  signals: readonly (AbortSignal | undefined)[],
  over: AbortSignal,
): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    const abort = () => controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    over.addEventListener("abort", () => signal?.removeEventListener("abort", abort));
  }
  return controller.signal;
}

type Details = Omit<FinishRequest, "attempt" | "holder" | "status">;

/** The service refuses longer reports, but it cuts the connection if they are megabytes. */
const MAX_DETAILS_CHARACTERS = 16_384;

/** Whether a report failed because of its details: not JSON, too large or too deeply nested. */
function isUnfit(error: unknown): boolean {
  if (error instanceof ServiceUnreachableError) return false;
  return [400, 413].includes(problemOf(error)?.status ?? 400);
}

/** Whether the service says that the outcome does not count, and not that the report is forbidden. */
function isAboutTheTask(error: unknown): boolean {
  return [404, 409, 410].includes(problemOf(error)?.status ?? 0);
}

/** What a refusal means for the run: the task was cancelled, or another run has taken over. */
function meaningOf(error: unknown, id: string): unknown {
  const { type, task } = problemOf(error) ?? {};
  if (task && type?.endsWith("stale-attempt")) return new TaskFencedError(id, task.attempt);
  if (task?.cancellation) return new TaskCancelledError(id, task.cancellation);
  return error;
}

/** The error to report for what the work has thrown. */
function describe(error: unknown): JsonValue {
  return failureReportOf(error).error ?? summaryOf(error);
}

/** What the work itself says about its failure. */
function failureReportOf(error: unknown): FailureReport {
  return error instanceof TaskFailedError ? error.report : {};
}

/** Fits the service's limit for an error, however it is escaped. */
function summaryOf(error: unknown): JsonObject {
  const { name, message } = asError(error);
  return { name: textOf(name).slice(0, 100), message: textOf(message).slice(0, 500) };
}
