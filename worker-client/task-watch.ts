import {
  problemOf,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFencedError,
  TaskGoneError,
  TaskLeaseLostError,
} from "./errors.ts";
import { followTask, MAX_SILENCE_SECONDS } from "./follow.ts";
import { LeaseClock } from "./lease-clock.ts";
import { unrefWatchSockets } from "./node-sockets.ts";
import type { WatchOptions } from "./options.ts";
import type { JsonValue, TaskState } from "./protocol.ts";
import { retry } from "./retry.ts";
import type { Service } from "./service.ts";
import { startTimer } from "./timer.ts";
import { Warnings } from "./warnings.ts";
import { isTaskState } from "./wire.ts";

const TRY_FOR_SECONDS = 30;
/** How long a worker that was held up waits to hear whether it still has its lease. */
const LAST_WORD_WITHIN_SECONDS = 5;
/** How often a run makes contact during a lease: two attempts may fail before the lease is lost. */
export const CONTACTS_PER_LEASE = 3;

/**
 * Watches one task until it has ended or the watch is closed, and reconnects whenever it has to. An
 * open watch costs a WebSocket or a parked request, so close it.
 *
 * @example
 * ```ts
 * using watch = tasks.watch("1234"); // closed at the end of the block
 * await fetch(dataset, { signal: watch.signal });
 * ```
 */
export class TaskWatch implements Disposable {
  readonly #id: string;
  readonly #options: WatchOptions;
  readonly #service: Service;
  readonly #url: string;
  readonly #attempt: number;
  readonly #cancel = new AbortController();
  readonly #end = new AbortController();
  #task: TaskState | null = null;
  #stopSwitch = () => {};
  #lease: LeaseClock | null = null;
  readonly #warnings: Warnings;

  /** Use `TaskClient.watch`, or `TaskClient.run`, which passes the task that it has `started`. */
  constructor(service: Service, id: string, options: WatchOptions, started?: TaskState) {
    this.#id = id;
    this.#options = options;
    this.#service = service;
    this.#warnings = new Warnings(options);
    const { run, observe } = options;
    this.#attempt = run?.attempt ?? Infinity;
    const leaseSeconds = run?.leaseSeconds ?? Infinity;
    const abortAfterSeconds = options.onUnreachable?.abortAfterSeconds ?? Infinity;
    if (!(abortAfterSeconds > 0)) {
      throw new TypeError(`abortAfterSeconds must be more than 0, not ${abortAfterSeconds}`);
    }
    this.#url = service.taskUrl(id);
    unrefWatchSockets();
    const sinceMs = run?.sinceMs ?? performance.now();
    if (leaseSeconds < Infinity) {
      this.#lease = new LeaseClock({
        seconds: leaseSeconds,
        sinceMs,
        ask: () => this.#beat(undefined, LAST_WORD_WITHIN_SECONDS),
        lose: (cause) => this.#lose(cause),
      });
    }
    this.#learn(started ?? null, sinceMs);
    // The service is asked twice before a dead man's switch fires.
    const seconds = Math.min(abortAfterSeconds / 2, leaseSeconds / CONTACTS_PER_LEASE);
    followTask(service, {
      id,
      url: this.#url,
      role: run
        ? `&attempt=${run.attempt}&holder=${encodeURIComponent(run.holder)}`
        : observe
          ? "&observe=true"
          : "",
      signal: this.#end.signal,
      waitSeconds: Math.max(1, Math.min(MAX_SILENCE_SECONDS, Math.floor(seconds))),
      revision: () => this.#task?.revision ?? 0,
      onContact: (task, sentAtMs) => this.#learn(task, sentAtMs),
      onError: (error) => this.#tell(error),
    });
  }

  /**
   * Aborts when the task is cancelled; its reason is then a `TaskCancelledError`. It also aborts when
   * the work no longer counts: with a `TaskFencedError`, a `TaskGoneError`, a `TaskLeaseLostError` if
   * it watches a run with a lease, or a `ServiceUnreachableError` if `onUnreachable` is set. Without a
   * lease or `onUnreachable`, connection problems never abort it.
   */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** The latest known state of the task; null if nothing was heard yet or the task is unknown. */
  get task(): TaskState | null {
    return this.#task;
  }

  /**
   * Reports the progress of the watched run to readers and the next attempt, and keeps the run's lease
   * alive. A watch keeps the lease alive anyway.
   *
   * Rejects with a `RequestRefusedError` (409) if the run no longer counts, and with a `TypeError` if
   * the watch does not belong to a run.
   *
   * @example
   * ```ts
   * await watch.heartbeat({ checkpoint: "epoch-3.pt" });
   * ```
   */
  async heartbeat(progress?: JsonValue): Promise<void> {
    await retry(() => this.#beat(progress), TRY_FOR_SECONDS, this.#end.signal);
  }

  /** Ends the watch: nothing keeps running, and the signal will not abort any more. */
  close(): void {
    this.#lease?.stop();
    this.#stopSwitch();
    this.#end.abort();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #beat(progress?: JsonValue, withinSeconds?: number): Promise<void> {
    const { run } = this.#options;
    if (run === undefined) throw new TypeError("only the watch of a run has a heartbeat");
    const { attempt, holder } = run;
    const sentAtMs = performance.now();
    const task = await this.#service.ask(
      {
        method: "POST",
        url: `${this.#url}/heartbeat`,
        body: { attempt, holder, progress },
        signal: this.#end.signal,
        withinSeconds,
      },
      (status, body) => (status === 200 && isTaskState(body, this.#id) ? body : undefined),
    );
    this.#learn(task, sentAtMs);
  }

  /** Handles the response to a request that was sent at `sentAtMs`: the task, or null if unchanged. */
  #learn(task: TaskState | null, sentAtMs: number): void {
    this.#lease?.heard(sentAtMs);
    this.#setSwitch();
    if (task === null) return;
    if (this.#task && task.createdAt !== this.#task.createdAt) {
      // The id belongs to another task by now.
      this.#stop(new TaskGoneError(this.#id));
      return;
    }
    // A response that was overtaken on its way, or a repeated one.
    if (this.#task && task.revision <= this.#task.revision) return;
    this.#task = task;
    const { onChange } = this.#options;
    // In a microtask, so that an exception in the callback does not end the watch.
    if (onChange) queueMicrotask(() => onChange(task));
    if (task.attempt > this.#attempt) this.#stop(new TaskFencedError(this.#id, task.attempt));
    else if (this.#isGivenUp(task)) this.#lose();
    else if (task.cancellation)
      this.#cancel.abort(new TaskCancelledError(this.#id, task.cancellation));
    if (task.endedAt !== null) this.close();
  }

  #tell(error: unknown): void {
    const problem = problemOf(error);
    if (problem !== null) this.#setSwitch();
    if (problem?.type === "urn:edge-canceler:problem:task-gone") {
      this.#stop(new TaskGoneError(this.#id, { cause: error }));
    } else {
      this.#warnings.tell(error);
    }
  }

  /** Whether the run is over for the service: it was lost, or given back. */
  #isGivenUp({ attempts }: TaskState): boolean {
    return attempts.some(
      ({ attempt, outcome }) =>
        attempt === this.#attempt && (outcome === "lost" || outcome === "released"),
    );
  }

  #lose(cause?: unknown): void {
    if (this.#end.signal.aborted) return;
    const { task } = problemOf(cause) ?? {};
    this.#stop(
      task && task.attempt > this.#attempt
        ? new TaskFencedError(this.#id, task.attempt)
        : new TaskLeaseLostError(this.#id, this.#attempt, { cause }),
    );
  }

  /** Ends the watch because the work no longer counts. */
  #stop(reason: Error): void {
    this.#cancel.abort(reason);
    this.close();
  }

  /** Resets the dead man's switch. */
  #setSwitch(): void {
    this.#stopSwitch();
    const seconds = this.#options.onUnreachable?.abortAfterSeconds;
    if (seconds === undefined) return;
    this.#stopSwitch = startTimer(seconds * 1000, () =>
      this.#stop(new ServiceUnreachableError(`nothing was heard for ${seconds} s`)),
    );
  }
}
