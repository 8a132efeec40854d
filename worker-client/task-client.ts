import { Calls, type Command } from "./calls.ts";
import { currentTask } from "./current-task.ts";
import { isUnknownTask } from "./errors.ts";
import type {
  CallOptions,
  CancelOptions,
  RunOptions,
  TaskClientOptions,
  WatchOptions,
  WorkOptions,
} from "./options.ts";
import type {
  DeclareRequest,
  FinishRequest,
  HeartbeatRequest,
  ReleaseRequest,
  StartRequest,
  TaskState,
} from "./protocol.ts";
import type { ChildRequest } from "./protocol-trees.ts";
import { QueueClient } from "./queue-client.ts";
import { runTask, type TaskRun } from "./run.ts";
import { escapeTaskId, withEscapedIds } from "./task-id.ts";
import { TaskWatch } from "./task-watch.ts";
import { QueueWorker, type Work } from "./work.ts";

/**
 * A client of the service, for workers and cancellers, in any runtime that has `fetch`.
 *
 * While the service cannot be reached, every call is retried with back-off, for 30 s, or for 5 minutes
 * if it reports how an attempt ended (`finish`, `release`); each request times out after 10 s. Then the
 * call rejects with a `ServiceUnreachableError`. It rejects with a `RequestRefusedError` as soon as the
 * request is refused, and with a `TypeError` if it cannot be sent at all. It is safe to repeat any call.
 *
 * What a task id cannot contain is escaped, byte by byte: `feature/x` is sent as `feature~2Fx`. An id
 * that is invalid even then (empty, `.`, `..`, over 128 characters) causes a `TypeError`.
 *
 * @example
 * ```ts
 * const tasks = new TaskClient({ url: "https://cancel.example.com" });
 * await tasks.run("1234", async ({ signal }) => { await train({ signal }); });
 * // elsewhere
 * await tasks.cancel("1234", { reason: "wrong data", waitSeconds: 30 });
 * ```
 */
export class TaskClient extends QueueClient {
  readonly #calls: Calls;

  /**
   * Throws a `TypeError` if `url` is not an http or https URL or contains a user name or password, or
   * if the `token` is not printable ASCII.
   */
  constructor(options: TaskClientOptions) {
    const calls = new Calls(options);
    super(calls);
    this.#calls = calls;
  }

  /**
   * Creates the task before it runs, with its timeouts. Returns the task; one that exists already stays
   * as it is.
   *
   * @example
   * ```ts
   * await tasks.declare("1234", { timeoutSeconds: 7200, metadata: { model: "large" } });
   * ```
   */
  declare(id: string, task: DeclareRequest = {}, { signal }: CallOptions = {}): Promise<TaskState> {
    return this.#make(id, { method: "PUT", path: "", body: task, signal });
  }

  /**
   * Returns the current task, or null if it is unknown.
   *
   * @example
   * ```ts
   * const task = await tasks.get("1234");
   * console.log(task?.status ?? "unknown");
   * ```
   */
  async get(id: string, { signal }: CallOptions = {}): Promise<TaskState | null> {
    try {
      return await this.#calls.task(id, { method: "GET", path: "", signal });
    } catch (error) {
      if (isUnknownTask(error)) return null;
      throw error;
    }
  }

  /**
   * Starts the task, declared or not, and returns it with the `attempt` that is now yours. Pass that to
   * `finish`, with the `holder` if the id may be reused after the task is forgotten. Another start with
   * the same `holder` (default: a new one) returns the same attempt. A start with another holder begins
   * the next attempt and fences yours, unless yours holds a lease (`leaseSeconds`). `run` does all of
   * this for you.
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
    return this.#make(id, { method: "POST", path: "/start", body, signal });
  }

  /**
   * Keeps the lease of a run alive, and reports its progress. `run`, and a watch of the run, keep the
   * lease alive by themselves.
   *
   * Rejects with a `RequestRefusedError` (409) if the attempt no longer counts.
   *
   * @example
   * ```ts
   * const task = await tasks.heartbeat("1234", { attempt, holder, progress: { epoch: 3 } });
   * if (task.cancellation) stop();
   * ```
   */
  heartbeat(id: string, sign: HeartbeatRequest, { signal }: CallOptions = {}): Promise<TaskState> {
    return this.#calls.task(id, { method: "POST", path: "/heartbeat", body: sign, signal });
  }

  /**
   * Gives a task back, for example because the machine shuts down: the next attempt may begin, and this
   * one does not count as a failure. A task that is being cancelled becomes `cancelled`.
   *
   * Rejects with a `RequestRefusedError` (409) if the attempt no longer counts.
   *
   * @example
   * ```ts
   * await tasks.release("1234", { attempt, holder });
   * ```
   */
  release(id: string, run: ReleaseRequest, { signal }: CallOptions = {}): Promise<TaskState> {
    const report = { path: "/release", body: run, isReport: true, signal };
    return this.#calls.task(id, { method: "POST", ...report });
  }

  /**
   * Lets a failed task run again: it waits for a worker, with all its attempts and its full timeout.
   *
   * Rejects with a `RequestRefusedError` (409) if the task has not failed, or was cancelled.
   *
   * @example
   * ```ts
   * await tasks.retry("1234");
   * ```
   */
  retry(id: string, { signal }: CallOptions = {}): Promise<TaskState> {
    return this.#calls.task(id, { method: "POST", path: "/retry", signal });
  }

  /**
   * Watches the task. Returns a watch at once; its `signal` aborts when the task is cancelled, even if
   * that happened before, or while the connection was down. Close the watch when you are done.
   *
   * @example
   * ```ts
   * using watch = tasks.watch("1234");
   * await fetch(dataset, { signal: watch.signal });
   * ```
   */
  watch(id: string, options: WatchOptions = {}): TaskWatch {
    return new TaskWatch(this.#calls.service, id, options);
  }

  /**
   * Runs the task: starts it, watches it, does the work, and reports how it ended. Returns what the
   * work returns.
   *
   * Rejects with a `TaskCancelledError` if the task was cancelled, with a `TaskFencedError` if another
   * worker has started it since, with a `TaskLeaseLostError` if it lost its lease, with a
   * `TaskGoneError` if it was forgotten, and with whatever the work throws. If the work is done but the
   * report cannot be delivered, or is refused (401, 403), it resolves, and calls `onError`.
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
    return runTask(this, this.#calls.service, id, work, options);
  }

  /**
   * Works on a queue: claims its tasks, runs them as `run` does, and reports how they ended, until its
   * `signal` aborts and no task is left. If the work throws, its task fails, and is retried if it has
   * attempts left. While the service cannot be reached, it keeps trying.
   *
   * Rejects with a `RequestRefusedError` if the very first claim is refused. Later refusals go to
   * `onError`.
   *
   * @example
   * ```ts
   * const shutdown = new AbortController();
   * process.once("SIGTERM", () => shutdown.abort());
   * const options = { concurrency: 4, signal: shutdown.signal };
   * await tasks.work("gpu", ({ input, signal }) => train(input, { signal }), options);
   * ```
   */
  async work(queue: string, work: Work, options: WorkOptions = {}): Promise<void> {
    const worker = { client: this, service: this.#calls.service, queue, work, options };
    await new QueueWorker(worker).run();
  }

  /**
   * Cancels the task, and returns it: `cancelling` while its worker still has to stop, ended if the
   * worker has stopped or there was none. The cancel is on disk before this resolves. If the task is
   * cancelled more than once, the first reason stays.
   *
   * @example
   * ```ts
   * const task = await tasks.cancel("1234", { reason: "user pressed stop", waitSeconds: 30 });
   * console.log(task.status, task.cancellation?.acknowledgedAt);
   * ```
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<TaskState> {
    const { waitSeconds = 0, tree = false, signal, ...body } = options;
    return this.#calls.wait(
      waitSeconds,
      signal,
      (wait) => {
        const path = `/cancel?wait=${wait}${tree ? "&tree=true" : ""}`;
        return this.#calls.task(id, { method: "POST", path, body, waitSeconds: wait, signal });
      },
      ({ endedAt, descendants }) =>
        endedAt !== null && !(tree && descendants && descendants.ended < descendants.total),
    );
  }

  /**
   * Reports how an attempt ended, and returns the task. A worker that was told to stop, and did, reports
   * `cancelled`. A refusal that is not the service's own is retried, and so is a 401 if there is a token
   * function, which may not have the next token yet.
   *
   * Rejects with a `RequestRefusedError` (409) if another attempt runs the task by now, or the task has
   * ended in another way.
   *
   * @example
   * ```ts
   * await tasks.finish("1234", { attempt, status: "failed", error: { message: "out of memory" } });
   * ```
   */
  finish(id: string, end: FinishRequest, { signal }: CallOptions = {}): Promise<TaskState> {
    const report = { path: "/finish", body: end, isReport: true, signal };
    return this.#calls.task(id, { method: "POST", ...report });
  }

  /**
   * Forgets an ended task now, before its retention is over.
   *
   * Rejects with a `RequestRefusedError` (409) if the task has not ended.
   *
   * @example
   * ```ts
   * await tasks.forget("1234");
   * ```
   */
  async forget(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#calls.ask(
      this.#calls.service.taskUrl(id),
      { method: "DELETE", path: "", signal },
      (status) => status === 204 || undefined,
    );
  }

  /** Sends a command that may create a task. Its parent is the one in the body, or the current task. */
  #make(id: string, command: Command & { readonly body: ChildRequest }): Promise<TaskState> {
    const around = currentTask();
    return this.#calls.task(id, {
      ...command,
      body: withEscapedIds(command.body),
      // The service prefers what the body says.
      parent: around === escapeTaskId(id) ? undefined : around,
    });
  }
}
