import { isLeased } from "./attempts.ts";
import type { RunningTask, Task } from "./task.ts";
import type { TaskPort } from "./task-port.ts";
import { NO_SIGNS, type SignsOfLife } from "./timers.ts";
import { isOfRun, roleOf, type Watch } from "./watch.ts";
import type { Watchers, WatchSocket } from "./watchers.ts";

/**
 * The connection of the worker that runs a task, by which its lease is kept. A restart takes it without
 * a word, so that there was one stands on disk.
 */
export class RunLine {
  readonly #port: Pick<TaskPort, "now" | "load" | "store">;
  readonly #watchers: Watchers;

  constructor(port: Pick<TaskPort, "now" | "load" | "store">, watchers: Watchers) {
    this.#port = port;
    this.#watchers = watchers;
  }

  /** What the run's sockets tell of its worker. */
  signsOf(task: Task | null): SignsOfLife {
    return task?.status === "running" ? this.#watchers.signsOf(task) : NO_SIGNS;
  }

  /** Notes that a watch is the connection of the run: what it says is heard without waking the object. */
  open(watch: Watch, task: Task | null): void {
    if (watch.kind === "stream" && isLeased(task) && !task.hadLine && isOfRun(watch, task)) {
      this.#port.store({ ...task, hadLine: true });
    }
  }

  /** The task, if the last connection of its run has just gone: the lease counts from now. */
  close(socket: WatchSocket): RunningTask | null {
    const watch = socket.deserializeAttachment();
    if (roleOf(watch).kind !== "run") return null;
    const task = this.#port.load();
    if (!isLeased(task) || !isOfRun(watch, task)) return null;
    return this.#watchers.signsOf(task).hasLine ? null : this.#left(task, this.#port.now());
  }

  /** Whether a restart has taken the connection. */
  isLost(task: Task | null): task is RunningTask {
    return isLeased(task) && task.hadLine === true && !this.#watchers.signsOf(task).hasLine;
  }

  /**
   * The task without a connection that a restart has taken, with the pings that came over it: the
   * worker may have been heard a moment ago, so its lease counts from now.
   */
  withoutLost(task: Task | null, nowMs: number): Task | null {
    return this.isLost(task) ? this.#left(task, nowMs) : task;
  }

  /** Notes that the run has no connection any more, and was heard until now. */
  #left(task: RunningTask, nowMs: number): RunningTask {
    const left = { ...task, heardAtMs: nowMs, hadLine: false };
    this.#port.store(left);
    return left;
  }
}
