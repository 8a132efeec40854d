import { problemOf, RequestRefusedError } from "./errors.ts";
import { PARKED_AT_LEAST_MS } from "./follow.ts";
import type {
  CallOptions,
  CancelOptions,
  RunOptions,
  TaskClientOptions,
  WatchOptions,
} from "./options.ts";
import type {
  DeclareRequest,
  FinishRequest,
  HeartbeatRequest,
  ReleaseRequest,
  StartRequest,
  TaskState,
} from "./protocol.ts";
import { retry } from "./retry.ts";
import { runTask, type TaskRun } from "./run.ts";
import { Service } from "./service.ts";
import { TaskWatch } from "./task-watch.ts";
import { delay } from "./timer.ts";
import { isTaskState } from "./wire.ts";

const TRY_FOR_SECONDS = 30;
/** A report may be worth hours of work, so it outlasts a deploy and a short outage. */
const TRY_TO_FINISH_FOR_SECONDS = 300;

/** Proxies close lines that are silent for a minute, so a cancel that waits longer asks again. */
const MAX_WAIT_SECONDS = 55;

interface Command {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: object;
  readonly waitSeconds?: number;
  readonly tryForSeconds?: number;
  /** Which refusals are worth another try. Default: none. */
  readonly isTransient?: (error: unknown) => boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * A client of the service, for workers and cancellers, in any runtime that has `fetch`.
 *
 * Every call is retried, with back-off, while the service cannot be reached; each request has a
 * time-out of 10 s. Then the call rejects with a `ServiceUnreachableError` (30 s, for `finish`
 * 5 minutes), or with a `RequestRefusedError` as soon as the service says no. A task id that is
 * none, or whatever else cannot be sent, is a `TypeError`. It is safe to repeat any call.
 *
 * @example
 * ```ts
 * const tasks = new TaskClient({ url: "https://cancel.example.com" });
 * await tasks.run("1234", async ({ signal }) => { await train({ signal }); });
 * // elsewhere
 * await tasks.cancel("1234", { reason: "wrong data", waitSeconds: 30 });
 * ```
 */
export class TaskClient {
  readonly #service: Service;

  /** Throws a `TypeError` if `url` is no http or https URL. */
  constructor(options: TaskClientOptions) {
    this.#service = new Service(options);
  }

  /**
   * Makes the task known before anybody runs it, with its time-outs. A task that is known already
   * stays as it is.
   *
   * @example
   * ```ts
   * await tasks.declare("1234", { timeoutSeconds: 7200, metadata: { model: "large" } });
   * ```
   */
  declare(id: string, task: DeclareRequest = {}, { signal }: CallOptions = {}): Promise<TaskState> {
    return this.#command(id, { method: "PUT", path: "", body: task, signal });
  }

  /**
   * The task as it is now; null if it is unknown.
   *
   * @example
   * ```ts
   * const task = await tasks.get("1234");
   * console.log(task?.status ?? "unknown");
   * ```
   */
  async get(id: string, { signal }: CallOptions = {}): Promise<TaskState | null> {
    try {
      return await this.#command(id, { method: "GET", path: "", signal });
    } catch (error) {
      if (problemOf(error)?.type === "urn:edge-canceler:problem:task-unknown") return null;
      throw error;
    }
  }

  /**
   * Starts the task, known or not, and answers it with the `attempt` that is now yours; pass that
   * to `finish`, with the `holder` if the id may be used again after the task is forgotten. Another
   * start with the same `holder` (default: a new one) gets the same attempt; any other gets the next
   * attempt, and yours is fenced, unless it holds a lease (`leaseSeconds`). `run` does this for you.
   *
   * Rejects with a `RequestRefusedError` (409) if the task is being cancelled, has ended, is held by a
   * run with a lease, or waits for its next attempt.
   *
   * @example
   * ```ts
   * const holder = crypto.randomUUID();
   * const { attempt } = await tasks.start("1234", { holder });
   * await tasks.finish("1234", { attempt, holder, status: "succeeded", result: { loss: 0.1 } });
   * ```
   */
  start(
    id: string,
    { signal, holder = crypto.randomUUID(), ...start }: Partial<StartRequest> & CallOptions = {},
  ): Promise<TaskState> {
    const body = { holder, ...start };
    return this.#command(id, { method: "POST", path: "/start", body, signal });
  }

  /**
   * Gives a sign of life of a run with a lease, and says how far it is. `run`, and a watch of the run,
   * give signs of life by themselves.
   *
   * Rejects with a `RequestRefusedError` (409) if the attempt does not count any more.
   *
   * @example
   * ```ts
   * const task = await tasks.heartbeat("1234", { attempt, holder, progress: { epoch: 3 } });
   * if (task.cancellation) stop();
   * ```
   */
  heartbeat(id: string, sign: HeartbeatRequest, { signal }: CallOptions = {}): Promise<TaskState> {
    return this.#command(id, { method: "POST", path: "/heartbeat", body: sign, signal });
  }

  /**
   * Gives a task back that cannot be worked on here any more, because the machine goes down for
   * example: the next attempt may begin, and nothing counts as a failure. A task that is being
   * cancelled is `cancelled` then.
   *
   * Rejects with a `RequestRefusedError` (409) if the attempt does not count any more.
   *
   * @example
   * ```ts
   * await tasks.release("1234", { attempt, holder });
   * ```
   */
  release(id: string, run: ReleaseRequest, { signal }: CallOptions = {}): Promise<TaskState> {
    return this.#command(id, { method: "POST", path: "/release", body: run, signal });
  }

  /**
   * Watches the task: the answer's `signal` aborts when somebody cancels it, even if that happened
   * before, or while the line was cut. Close the watch when you are done. It returns at once.
   *
   * @example
   * ```ts
   * using watch = tasks.watch("1234");
   * await fetch(dataset, { signal: watch.signal });
   * ```
   */
  watch(id: string, options: WatchOptions = {}): TaskWatch {
    return new TaskWatch(this.#service, id, options);
  }

  /**
   * Runs the task: starts it, watches it, does the work, and reports how it ended. Returns what the
   * work answers.
   *
   * Rejects with a `TaskCancelledError` if the task was cancelled, with a `TaskFencedError` if
   * another worker has started it since, with a `TaskGoneError` if it was forgotten, with a
   * `TaskLeaseLostError` if its lease is over, and with whatever the work throws. If the work is done
   * and the report cannot be delivered, or is not let through (401, 403), it resolves, and `onError`
   * is told.
   *
   * @example
   * ```ts
   * await tasks.run("1234", async ({ signal, attempt }) => { await train({ signal, attempt }); });
   * ```
   */
  run<Result>(
    id: string,
    work: (run: TaskRun) => Result | Promise<Result>,
    options: RunOptions = {},
  ): Promise<Result> {
    return runTask(this, this.#service, id, work, options);
  }

  /**
   * Cancels the task, and answers it as it then is: `cancelling` while its worker still has to
   * stop, ended if it has, or if nobody ran it. It is on disk before this resolves. The first
   * cancel's reason stays.
   *
   * @example
   * ```ts
   * const task = await tasks.cancel("1234", { reason: "user pressed stop", waitSeconds: 30 });
   * console.log(task.status, task.cancellation?.acknowledgedAt);
   * ```
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<TaskState> {
    const { waitSeconds = 0, signal, ...body } = options;
    if (!(waitSeconds >= 0))
      throw new TypeError(`waitSeconds must be 0 or more, not ${waitSeconds}`);
    const endsAtMs = performance.now() + waitSeconds * 1000;
    for (;;) {
      const askedAtMs = performance.now();
      const leftSeconds = Math.max(0, Math.ceil((endsAtMs - askedAtMs) / 1000));
      const wait = Math.min(MAX_WAIT_SECONDS, leftSeconds);
      const path = `/cancel?wait=${wait}`;
      const task = await this.#command(id, {
        method: "POST",
        path,
        body,
        waitSeconds: wait,
        signal,
      });
      const nowMs = performance.now();
      if (task.endedAt !== null || nowMs >= endsAtMs) return task;
      // Something in between answers without waiting; do not ask it in a tight loop.
      if (nowMs - askedAtMs < PARKED_AT_LEAST_MS) {
        await delay(PARKED_AT_LEAST_MS, signal, true);
      }
    }
  }

  /**
   * Reports how an attempt ended. A worker that was told to stop and did reports `cancelled`.
   *
   * Rejects with a `RequestRefusedError` (409) if another attempt runs the task by now, or it has
   * ended otherwise.
   *
   * @example
   * ```ts
   * await tasks.finish("1234", { attempt, status: "failed", error: { message: "out of memory" } });
   * ```
   */
  finish(id: string, end: FinishRequest, { signal }: CallOptions = {}): Promise<TaskState> {
    return this.#command(id, {
      method: "POST",
      path: "/finish",
      body: end,
      tryForSeconds: TRY_TO_FINISH_FOR_SECONDS,
      isTransient: (error) => this.#mayBeReportedLater(error),
      signal,
    });
  }

  /**
   * Forgets an ended task now, before its retention is over.
   *
   * Rejects with a `RequestRefusedError` (409) while it lives.
   *
   * @example
   * ```ts
   * await tasks.forget("1234");
   * ```
   */
  async forget(id: string, { signal }: CallOptions = {}): Promise<void> {
    const command: Command = { method: "DELETE", path: "", signal };
    await this.#ask(id, command, (status) => status === 204 || undefined);
  }

  /** Somebody else refused, or the token ran out and the next one is not there yet. */
  #mayBeReportedLater(error: unknown): boolean {
    if (!(error instanceof RequestRefusedError)) return false;
    return error.problem === null || (error.status === 401 && this.#service.renewsToken);
  }

  #command(id: string, command: Command): Promise<TaskState> {
    return this.#ask(id, command, (status, body) =>
      status < 300 && isTaskState(body, id) ? body : undefined,
    );
  }

  async #ask<Answer>(
    id: string,
    command: Command,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> {
    const { path, waitSeconds = 0, tryForSeconds = TRY_FOR_SECONDS, signal } = command;
    const url = this.#service.taskUrl(id) + path;
    return retry(
      () => this.#service.ask({ ...command, url }, read),
      // A line that is cut at the end of the wait still gets its second try.
      waitSeconds + tryForSeconds,
      signal,
      command.isTransient,
    );
  }
}
