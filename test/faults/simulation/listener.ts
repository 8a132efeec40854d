import {
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFencedError,
  TaskGoneError,
  type TaskState,
} from "../../../worker-client/index.ts";
import type { Machine } from "./scheduler.ts";
import type { World } from "./world.ts";

interface ListenerOptions {
  readonly abortAfterSeconds: number | null;
  /** The caller's own signal. */
  readonly own?: AbortSignal | undefined;
}

/** Somebody who watches, and the check of everything that the client tells there. */
export class Listener {
  readonly machine: Machine;
  readonly #world: World;
  readonly #abortAfterMs: number;
  readonly #own: AbortSignal | undefined;
  #attempt = Number.POSITIVE_INFINITY;
  #isLive = true;
  #wasWell = false;
  #aborted = false;
  #last: TaskState | null = null;

  constructor(world: World, { abortAfterSeconds, own }: ListenerOptions) {
    this.#world = world;
    this.machine = world.here();
    this.#own = own;
    this.#abortAfterMs = (abortAfterSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  }

  /** From now on it listens to a signal; a run says which attempt it is. */
  listen(signal: AbortSignal, attempt = Number.POSITIVE_INFINITY): void {
    this.#attempt = attempt;
    this.#wasWell = this.#world.weather.isWell;
    this.machine.lastHeardMs = this.#world.nowMs;
    this.#world.listeners.push(this);
    this.#world.expectToBeLearntBy([this], false);
    if (signal.aborted) this.#abort(signal.reason);
    else signal.addEventListener("abort", () => this.#abort(signal.reason), { once: true });
  }

  /** Nobody listens any more. */
  close(): void {
    this.#isLive = false;
  }

  /** The client calls back with a change. */
  change(task: TaskState): void {
    this.#world.trace.note(this.machine.name, `learns ${task.status} r${task.revision}`);
    if (!this.#world.truth.wasStored(task)) this.#violate("I4", "learns of a state that never was");
    const last = this.#last;
    if (last !== null && last.endedAt !== null)
      this.#violate("I6", "learns something after the end");
    if (last !== null && task.revision <= last.revision) {
      this.#violate("I6", "learns of an older revision");
    }
    if (last !== null && task.createdAt !== last.createdAt) {
      this.#violate("I4", "is told of another task with its task's id");
    }
    this.#last = task;
    if (task.endedAt !== null) this.close();
  }

  hear(): void {
    const silentMs = this.#world.nowMs - this.machine.lastHeardMs;
    if (this.#isLive && !this.#aborted && silentMs > this.#abortAfterMs) {
      this.#violate("I3", `has heard nothing for ${silentMs} ms, and goes on`);
    }
  }

  /** By now it must have learnt of a task as it was, unless it is forgotten or remembered since. */
  checkLearnt(task: TaskState | null): void {
    if (!this.#isLive || this.#aborted) return;
    if (this.#world.service.state()?.createdAt !== task?.createdAt) return;
    if (task === null) {
      if (this.#last !== null) this.#violate("I3", "has not learnt that its task is gone");
    } else if (this.#last !== null && task.createdAt !== this.#last.createdAt) {
      // What was forgotten and came to life again begins with revision 1 again, which this one has.
      this.#world.coverage.count("deaf to another life of the task");
    } else if (task.cancellation !== null) {
      this.#violate("I3", "has not learnt of the cancellation in time");
    } else if (task.attempt > this.#attempt) {
      this.#violate("I3", "has not learnt in time that it is fenced");
    } else if ((this.#last?.revision ?? 0) < task.revision) {
      this.#violate("I3", `has not learnt of revision ${task.revision} in time`);
    }
  }

  #abort(reason: unknown): void {
    this.#aborted = true;
    const name = reason instanceof Error ? reason.constructor.name : String(reason);
    this.#world.trace.note(this.machine.name, `is aborted: ${name}`);
    this.#world.coverage.count(`aborted: ${name}`);
    const isOwn = this.#own?.aborted && reason === this.#own.reason;
    if (!this.#isLive && !isOwn)
      this.#violate("nothing left", "is aborted after its watch was closed");
    if (!isOwn && !this.#isTrue(reason))
      this.#violate("I4", `is aborted without a cause: ${String(reason)}`);
  }

  #isTrue(reason: unknown): boolean {
    const { truth, nowMs } = this.#world;
    if (reason instanceof TaskCancelledError) return truth.hasCancellation(reason.cancellation);
    if (reason instanceof TaskFencedError) {
      return reason.attempt > this.#attempt && reason.attempt <= truth.highestAttempt;
    }
    if (reason instanceof TaskGoneError) return truth.timesForgotten > 0;
    if (reason instanceof ServiceUnreachableError) {
      // A service that is well all the time is never out of reach.
      if (this.#wasWell) return false;
      return nowMs - this.machine.lastHeardMs >= this.#abortAfterMs;
    }
    return false;
  }

  #violate(...[invariant, detail]: Parameters<World["violate"]>): void {
    this.#world.violate(invariant, `${this.machine.name} ${detail}`);
  }
}
