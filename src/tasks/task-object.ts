import { DurableObject } from "cloudflare:workers";
import type { TaskState } from "../../worker-client/protocol.ts";
import type { Env } from "../env.ts";
import { withDelivery } from "./cancellation.ts";
import type { TaskCommand } from "./events.ts";
import { transition } from "./lifecycle.ts";
import { isEnded, nextTimerAtMs, type Task } from "./task.ts";
import { toTaskState } from "./task-state.ts";
import {
  type CommandAnswer,
  type ForgetAnswer,
  type TaskCalls,
  WATCH_HEADER,
} from "./task-stub.ts";
import { isAnswered, type Watch } from "./watch.ts";
import { Watchers } from "./watchers.ts";

/** The key of the one row that a task is. */
const TASK = "task";
const ALARM_RETRY_MS = 1000;

interface Change {
  readonly nowMs: number;
  /** The alarm rings then or earlier; null: it is not set. */
  readonly armedAtMs: number | null;
}

/**
 * One task: its state on disk, its watchers behind hibernating sockets, its time-outs in one alarm.
 * It keeps nothing in memory, so it can be evicted, moved or killed at any moment.
 */
export class TaskObject extends DurableObject<Env> implements TaskCalls {
  readonly #watchers = new Watchers(this.ctx);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async read(): Promise<TaskState | null> {
    return this.#toState(this.#load());
  }

  async command(command: TaskCommand): Promise<CommandAnswer> {
    const nowMs = Date.now();
    const before = this.#load();
    const outcome = transition(before, command, nowMs);
    switch (outcome.kind) {
      case "changed": {
        const armedAtMs = this.#dueAtMs(before);
        const task = await this.#change(outcome.task, { nowMs, armedAtMs });
        return { kind: "changed", task: this.#toState(task) };
      }
      case "unchanged":
        return { kind: "unchanged", task: this.#toState(outcome.task) };
      case "refused":
        return { ...outcome, task: this.#toState(outcome.task) };
    }
  }

  async forget(): Promise<ForgetAnswer> {
    const outcome = transition(this.#load(), { type: "forget" }, Date.now());
    if (outcome.kind === "refused") return { ...outcome, task: this.#toState(outcome.task) };
    await this.#forget();
    return outcome;
  }

  /** A watch: answered at once with the state as JSON, or parked behind a WebSocket. */
  override async fetch(request: Request): Promise<Response> {
    const watch: Watch = JSON.parse(request.headers.get(WATCH_HEADER) ?? "");
    const nowMs = Date.now();
    // From this look at the task to the parked socket nothing may come in between: no await.
    const task = this.#load();
    if (isAnswered(watch, task)) {
      const isCanceller = watch.kind === "poll" && watch.until === "end";
      return Response.json(this.#toState(isCanceller ? task : this.#deliver(task, nowMs)));
    }
    if (this.#watchers.isFull) return new Response(null, { status: 503 });
    const armedAtMs = this.#dueAtMs(task);
    const { near, far } = this.#watchers.park({
      ...watch,
      revision: watch.revision ?? task?.revision ?? 0,
    });
    if (watch.kind === "stream" && task !== null) {
      if (task.revision !== watch.revision) {
        near.send(JSON.stringify(this.#toState(this.#deliver(task, nowMs))));
      }
      if (isEnded(task)) this.#watchers.endStreams();
    }
    await this.#arm(task, armedAtMs);
    return new Response(null, { status: 101, webSocket: far });
  }

  /** Every time-out of the task and its streams. It may ring twice, late or for nothing. */
  override async alarm(): Promise<void> {
    try {
      const nowMs = Date.now();
      this.#watchers.endExpired(nowMs);
      const before = this.#load();
      const outcome = transition(before, { type: "timer" }, nowMs);
      switch (outcome.kind) {
        case "changed":
          await this.#change(outcome.task, { nowMs, armedAtMs: null });
          break;
        case "forgotten":
          await this.#forget();
          break;
        case "nothing_due":
          // It rang for a watcher, or for a timer that the task no longer has.
          await this.#arm(before, null);
      }
    } catch (error) {
      // The platform drops an alarm that keeps failing; a time-out must not be lost, so ring again.
      console.error(JSON.stringify({ event: "alarm_failed", error: String(error) }));
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }

  /** A watcher has nothing to say but `ping`, which is answered without waking the object. */
  override webSocketMessage(socket: WebSocket): void {
    socket.close(1003, "send nothing but ping");
  }

  /**
   * Whoever closes waits for the answer. It comes after all that was sent before, so that a poll
   * whose wait is over knows that nothing is on its way.
   */
  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  #load(): Task | null {
    return this.ctx.storage.kv.get<Task>(TASK) ?? null;
  }

  #store(task: Task): void {
    this.ctx.storage.kv.put(TASK, task);
  }

  /**
   * Write, then tell: the platform holds what is sent until the write is on disk. All of it is one
   * turn, so that the task and its alarm are on disk together, or neither is.
   */
  async #change(changed: Task, { nowMs, armedAtMs }: Change): Promise<Task> {
    const task = this.#watchers.count > 0 ? withDelivery(changed, nowMs) : changed;
    this.#store(task);
    const armed = this.#arm(task, armedAtMs);
    this.#watchers.tell(
      this.#toState(task),
      (watch) => watch.kind === "stream" || isAnswered(watch, task),
    );
    if (isEnded(task)) this.#watchers.endStreams();
    await armed;
    return task;
  }

  /**
   * Nothing of the task is kept; who asks for its next change hears of it. The alarm goes with it, so
   * it is set again for whoever stays, waits for a task of this id, and has a token that expires.
   */
  async #forget(): Promise<void> {
    const deleted = this.ctx.storage.deleteAll();
    this.#watchers.tell(null, (watch) => isAnswered(watch, null));
    await Promise.all([deleted, this.#arm(null, null)]);
  }

  /** Notes that a watcher is handed the cancel, if there is one and it is the first. */
  #deliver(task: Task | null, nowMs: number): Task | null {
    if (task === null) return null;
    const delivered = withDelivery(task, nowMs);
    if (delivered !== task) this.#store(delivered);
    return delivered;
  }

  /** When something is due next: of the task, or of a watcher whose token expires. Null: never. */
  #dueAtMs(task: Task | null): number | null {
    const times = [task && nextTimerAtMs(task), this.#watchers.nextExpiryAtMs];
    const due = times.filter((atMs) => atMs !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /**
   * Sees to it that the alarm rings no later than what is due next. A set alarm is a billed
   * write, so only if it moves; one that is left too early rings for nothing, and is set anew then.
   * One that should have rung by now is not counted on.
   */
  async #arm(task: Task | null, armedAtMs: number | null): Promise<void> {
    const atMs = this.#dueAtMs(task);
    const isArmed = armedAtMs !== null && armedAtMs > Date.now();
    if (atMs === null || (isArmed && armedAtMs <= atMs)) return;
    await this.ctx.storage.setAlarm(atMs);
  }

  #toState(task: Task): TaskState;
  #toState(task: Task | null): TaskState | null;
  #toState(task: Task | null): TaskState | null {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a task object is addressed by its task's id");
    return task && toTaskState(name, task, this.#watchers.count);
  }
}
