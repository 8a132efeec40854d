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
/** How long a worker that was held up waits for word on its lease. */
const LAST_WORD_WITHIN_SECONDS = 5;
/** Of a lease, until the next sign of life: two may be lost before the lease is. */
export const SIGNS_PER_LEASE = 3;

/**
 * Watches one task until it has ended or the watch is closed, through whatever happens to the line.
 * An open watch costs a WebSocket or a parked request, so close it.
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

  /** Use `TaskClient.watch`, or `TaskClient.run`, which knows what was `started`. */
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
    // With a dead man's switch, the service is asked twice before it acts.
    const seconds = Math.min(abortAfterSeconds / 2, leaseSeconds / SIGNS_PER_LEASE);
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
   * Aborts when the task is cancelled; its reason is then a `TaskCancelledError`. Also when there
   * is nothing left to work for: `TaskFencedError`, `TaskGoneError`, `TaskLeaseLostError` if it
   * watches a run with a lease, and `ServiceUnreachableError` if `onUnreachable` asks for it. Without
   * one of these two, whatever happens to the line never aborts it.
   */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** The task as it was last heard of; null if nothing was heard yet or it is unknown. */
  get task(): TaskState | null {
    return this.#task;
  }

  /**
   * Gives a sign of life of the run that is watched, and says how far it is: readers see the progress,
   * and the next attempt gets it. A watch gives signs of life anyway.
   *
   * Rejects with a `RequestRefusedError` (409) if the run does not count any more, with a `TypeError`
   * if the watch is not that of a run.
   *
   * @example
   * ```ts
   * await watch.heartbeat({ checkpoint: "epoch-3.pt" });
   * ```
   */
  async heartbeat(progress?: JsonValue): Promise<void> {
    await retry(() => this.#beat(progress), TRY_FOR_SECONDS, this.#end.signal);
  }

  /** Ends the watch: nothing is left running, and the signal will not abort any more. */
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

  /** The answer to a request has come that was sent then, with the task if it has changed. */
  #learn(task: TaskState | null, sentAtMs: number): void {
    this.#lease?.heard(sentAtMs);
    this.#setSwitch();
    if (task === null) return;
    if (this.#task && task.createdAt !== this.#task.createdAt) {
      // The id has been taken for another task since.
      this.#stop(new TaskGoneError(this.#id));
      return;
    }
    // An answer that was overtaken on its way, or the same one again.
    if (this.#task && task.revision <= this.#task.revision) return;
    this.#task = task;
    const { onChange } = this.#options;
    // In a microtask, where an error of the callback is the caller's and does not end the watch.
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

  /** Whether the service has handed the run on, or will. */
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

  /** There is nothing left to work for. */
  #stop(reason: Error): void {
    this.#cancel.abort(reason);
    this.close();
  }

  /** Winds the dead man's switch up again. */
  #setSwitch(): void {
    this.#stopSwitch();
    const seconds = this.#options.onUnreachable?.abortAfterSeconds;
    if (seconds === undefined) return;
    this.#stopSwitch = startTimer(seconds * 1000, () =>
      this.#stop(new ServiceUnreachableError(`nothing was heard for ${seconds} s`)),
    );
  }
}
