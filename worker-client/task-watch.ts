import {
  problemOf,
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFencedError,
  TaskGoneError,
  tellError,
} from "./errors.ts";
import { followTask, MAX_SILENCE_SECONDS } from "./follow.ts";
import { unrefWatchSockets } from "./node-sockets.ts";
import type { WatchOptions } from "./options.ts";
import type { TaskState } from "./protocol.ts";
import type { Service } from "./service.ts";
import { startTimer } from "./timer.ts";

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
  readonly #attempt: number;
  readonly #cancel = new AbortController();
  readonly #end = new AbortController();
  #task: TaskState | null = null;
  #stopSwitch = () => {};

  /** Use `TaskClient.watch`, or `TaskClient.run`, which knows what was `started`. */
  constructor(service: Service, id: string, options: WatchOptions, started?: TaskState) {
    this.#id = id;
    this.#options = options;
    this.#attempt = started?.attempt ?? Infinity;
    const abortAfterSeconds = options.onUnreachable?.abortAfterSeconds ?? Infinity;
    if (!(abortAfterSeconds > 0)) {
      throw new TypeError(`abortAfterSeconds must be more than 0, not ${abortAfterSeconds}`);
    }
    const url = service.taskUrl(id);
    unrefWatchSockets();
    this.#learn(started ?? null);
    followTask(service, {
      id,
      url,
      signal: this.#end.signal,
      // With a dead man's switch, the service is asked twice before it acts.
      waitSeconds: Math.max(1, Math.min(MAX_SILENCE_SECONDS, Math.floor(abortAfterSeconds / 2))),
      revision: () => this.#task?.revision ?? 0,
      onContact: (task) => this.#learn(task),
      onError: (error) => this.#tell(error),
    });
  }

  /**
   * Aborts when the task is cancelled; its reason is then a `TaskCancelledError`. Also when there
   * is nothing left to work for: `TaskFencedError`, `TaskGoneError`, and `ServiceUnreachableError`
   * if `onUnreachable` asks for it. Whatever happens to the line alone never aborts it.
   */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** The task as it was last heard of; null if nothing was heard yet or nobody knows it. */
  get task(): TaskState | null {
    return this.#task;
  }

  /** Ends the watch: nothing is left running, and the signal will not abort any more. */
  close(): void {
    this.#stopSwitch();
    this.#end.abort();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A sign of life came, with the task if it has changed. */
  #learn(task: TaskState | null): void {
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
    else if (task.cancellation)
      this.#cancel.abort(new TaskCancelledError(this.#id, task.cancellation));
    if (task.endedAt !== null) this.close();
  }

  #tell(error: unknown): void {
    if (error instanceof RequestRefusedError) this.#setSwitch();
    if (problemOf(error)?.type === "urn:edge-canceler:problem:task-gone") {
      this.#stop(new TaskGoneError(this.#id, { cause: error }));
    } else {
      tellError(this.#options, error);
    }
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
