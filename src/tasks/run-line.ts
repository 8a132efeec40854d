import { isLeased } from "./attempts.ts";
import type { RunningTask, Task } from "./task.ts";
import type { TaskPort } from "./task-port.ts";
import { NO_SIGNS, type SignsOfLife } from "./timers.ts";
import { isOfRun, roleOf, type Watch } from "./watch.ts";
import type { Watchers, WatchSocket } from "./watchers.ts";

/**
 * The connection of the worker that runs a task, which keeps its lease alive. A restart of the
 * service drops it silently, so the task on disk says whether there was one.
 */
export class RunLine {
  readonly #port: Pick<TaskPort, "now" | "load" | "store">;
  readonly #watchers: Watchers;

  constructor(port: Pick<TaskPort, "now" | "load" | "store">, watchers: Watchers) {
    this.#port = port;
    this.#watchers = watchers;
  }

  /** The signs of life from the run's sockets. */
  signsOf(task: Task | null): SignsOfLife {
    return task?.status === "running" ? this.#watchers.signsOf(task) : NO_SIGNS;
  }

  /**
   * Records that the run has a connection, if this watch is one. Its pings do not wake the object,
   * so they are never stored.
   */
  open(watch: Watch, task: Task | null): void {
    if (watch.kind === "stream" && isLeased(task) && !task.hadLine && isOfRun(watch, task)) {
      this.#port.store({ ...task, hadLine: true });
    }
  }

  /** Returns the task if this was the last connection of its run: the lease counts from now. */
  close(socket: WatchSocket): RunningTask | null {
    const watch = socket.deserializeAttachment();
    if (roleOf(watch).kind !== "run") return null;
    const task = this.#port.load();
    if (!isLeased(task) || !isOfRun(watch, task)) return null;
    return this.#watchers.signsOf(task).hasLine ? null : this.#left(task, this.#port.now());
  }

  /** Whether a restart dropped the connection. */
  isLost(task: Task | null): task is RunningTask {
    return isLeased(task) && task.hadLine === true && !this.#watchers.signsOf(task).hasLine;
  }

  /**
   * Returns the task without a connection that a restart dropped. The pings over it are lost, too,
   * and the last may be only a moment old, so the lease counts from now.
   */
  withoutLost(task: Task | null, nowMs: number): Task | null {
    return this.isLost(task) ? this.#left(task, nowMs) : task;
  }

  /** Records that the run has no connection any more, and was heard from until now. */
  #left(task: RunningTask, nowMs: number): RunningTask {
    const left = { ...task, heardAtMs: nowMs, hadLine: false };
    this.#port.store(left);
    return left;
  }
}
