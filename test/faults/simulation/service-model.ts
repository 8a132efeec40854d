import { withDelivery } from "../../../src/tasks/cancellation.ts";
import type { CommandOutcome, ForgetOutcome, TaskCommand } from "../../../src/tasks/events.ts";
import { transition } from "../../../src/tasks/lifecycle.ts";
import { isEnded, nextTimerAtMs, type Task } from "../../../src/tasks/task.ts";
import { toTaskState } from "../../../src/tasks/task-state.ts";
import { isAnswered, type Watch } from "../../../src/tasks/watch.ts";
import type { TaskState } from "../../../worker-client/protocol.ts";
import { ParkedWatches } from "./parked-watches.ts";
import { EPOCH_MS, type ScheduledEvent } from "./scheduler.ts";
import type { Watcher } from "./simulated-service.ts";
import { checkChange } from "./truth.ts";
import type { World } from "./world.ts";

/**
 * The service with its one task: what an event makes of the task, and when a watch is answered, is
 * decided by the service's own functions; the rest is a model of the task object.
 */
export class ServiceModel {
  readonly id: string;
  task: Task | null = null;
  isDown = false;
  readonly #world: World;
  readonly #parked = new ParkedWatches();
  #wallOffsetMs = 0;
  #alarm: ScheduledEvent | null = null;

  constructor(world: World, id: string) {
    this.#world = world;
    this.id = id;
  }

  /** What its clock on the wall shows, in whole milliseconds as every clock does. */
  get wallMs(): number {
    return Math.floor(EPOCH_MS + this.#world.scheduler.nowMs + this.#wallOffsetMs);
  }

  state(): TaskState | null {
    return this.#say(this.task);
  }

  command(command: TaskCommand): CommandOutcome {
    const outcome = transition(this.task, command, this.wallMs);
    if (outcome.kind === "changed") this.#change(outcome.task, command.type);
    this.#arm();
    return outcome;
  }

  forget(): ForgetOutcome {
    const outcome = transition(this.task, { type: "forget" }, this.wallMs);
    if (outcome.kind === "forgotten") this.#forget("forget");
    this.#arm();
    return outcome;
  }

  /** Answers at once, or parks the watcher. The answer to a stream says that the task is gone. */
  watch(watch: Watch, watcher: Watcher): { answered: TaskState | null } | { leave: () => void } {
    const { task } = this;
    if (isAnswered(watch, task)) {
      const isCanceller = watch.kind === "poll" && watch.until === "end";
      return { answered: this.#say(isCanceller ? task : this.#deliver(task)) };
    }
    const revision = watch.revision ?? task?.revision ?? 0;
    const leave = this.#parked.park({ ...watch, revision }, watcher);
    if (watch.kind === "stream" && task !== null) {
      if (task.revision !== watch.revision) watcher.tell(this.#say(this.#deliver(task)));
      if (isEnded(task)) this.#parked.endStreams();
    }
    this.#arm();
    return { leave };
  }

  jumpClock(ms: number): void {
    this.#wallOffsetMs += ms;
    this.#arm();
  }

  /** Everything but what is on disk is lost, until it is back. */
  crash(): void {
    this.isDown = true;
    this.#parked.lose();
    this.#arm();
  }

  comeBack(): void {
    this.isDown = false;
    this.#arm();
  }

  #ring(): void {
    const outcome = transition(this.task, { type: "timer" }, this.wallMs);
    if (outcome.kind === "changed") this.#change(outcome.task, "timer");
    if (outcome.kind === "forgotten") this.#forget("timer");
    this.#arm();
  }

  #change(changed: Task, why: string): void {
    const before = this.task;
    this.task = this.#parked.count > 0 ? withDelivery(changed, this.wallMs) : changed;
    checkChange(this.#world, before, this.task, why);
    const { task } = this;
    this.#parked.tell(this.state(), (watch) => watch.kind === "stream" || isAnswered(watch, task));
    if (isEnded(task)) this.#parked.endStreams();
  }

  #forget(why: string): void {
    const before = this.task;
    this.task = null;
    checkChange(this.#world, before, null, why);
    this.#parked.tell(this.state(), (watch) => isAnswered(watch, null));
  }

  #deliver(task: Task | null): Task | null {
    if (task !== null) this.task = withDelivery(task, this.wallMs);
    return this.task;
  }

  /** The one alarm: it follows the clock on the wall, also when that jumps. */
  #arm(): void {
    const { scheduler } = this.#world;
    if (this.#alarm !== null) scheduler.stop(this.#alarm);
    const taskAtMs = (this.task && nextTimerAtMs(this.task)) ?? Number.POSITIVE_INFINITY;
    const delayMs = Math.max(0, taskAtMs - this.wallMs);
    this.#alarm = this.isDown ? null : scheduler.later(delayMs, () => this.#ring());
  }

  #say(task: Task | null): TaskState | null {
    if (task === null) return null;
    const state = toTaskState(this.id, task, this.#parked.count);
    this.#world.truth.sayState(state);
    return state;
  }
}
