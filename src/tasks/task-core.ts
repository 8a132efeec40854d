import type { TaskState } from "../../worker-client/protocol.ts";
import type { WebhookEvent } from "../../worker-client/protocol-webhooks.ts";
import { type OutboxEntry, OutboxSender, withoutEntry } from "../durable/outbox.ts";
import { logLine } from "../log-line.ts";
import { withDelivery } from "./cancellation.ts";
import { type Effect, withEvents } from "./effects.ts";
import type { TaskCommand } from "./events.ts";
import { Kinship } from "./kinship.ts";
import { transition } from "./lifecycle.ts";
import { RunLine } from "./run-line.ts";
import { isEnded, type Task } from "./task.ts";
import type { TaskPort } from "./task-port.ts";
import { toTaskState } from "./task-state.ts";
import type { CommandAnswer, ForgetAnswer, WatchAnswer } from "./task-stub.ts";
import { earliest, nextTimerAtMs } from "./timers.ts";
import { delivers, isAnswered, type ParkedWatch, type Watch } from "./watch.ts";
import { type SocketTag, Watchers, type WatchSocket } from "./watchers.ts";

const ALARM_RETRY_MS = 1000;

/**
 * Handles commands, reads, watches and alarms for one task: its state on disk, its watchers behind
 * sockets, its time-outs in one alarm. Everything in memory can be rebuilt, so the object can be
 * evicted, moved or killed at any moment.
 */
export class TaskCore {
  readonly #port: TaskPort;
  readonly #watchers: Watchers;
  readonly #line: RunLine;
  readonly #sender: OutboxSender<Effect>;
  /** What the task does for its parent and its children. */
  readonly kin: Kinship;

  constructor(port: TaskPort) {
    this.#port = port;
    this.#watchers = new Watchers(
      (tag) => port.sockets(tag),
      (socket) => port.pingedAtMs(socket),
    );
    this.#line = new RunLine(port, this.#watchers);
    this.kin = new Kinship(port, {
      command: (command) => this.command(command),
      send: (task) => this.#send(task),
      armedAtMs: (task) => this.#armedAtMs(task),
      arm: (task, armedAtMs) => this.#arm(task, armedAtMs),
      settled: (task) => this.#tell(task, ({ kind }) => kind === "poll"),
    });
    this.#sender = new OutboxSender({
      about: { taskId: port.id },
      now: () => port.now(),
      random: () => port.random(),
      send: (effect) => this.kin.send(effect),
      taken: (entry) => this.#taken(entry),
      refused: () => this.#arm(port.load(), null),
    });
  }

  read(): TaskState | null {
    const task = this.#port.load();
    return task && this.#withInput(task);
  }

  async command(command: TaskCommand): Promise<CommandAnswer> {
    const nowMs = this.#port.now();
    const before = this.#port.load();
    if (this.kin.isOutdated(before, command))
      return { kind: "refused", refusal: "outdated", task: null };
    const outcome = transition(before, command, nowMs, this.#port.random());
    switch (outcome.kind) {
      case "noted":
        this.#port.store(outcome.task);
        return { kind: "unchanged", task: this.#toState(outcome.task) };
      case "changed": {
        const armedAtMs = this.#armedAtMs(before);
        if (command.type === "declare" && command.input !== undefined) {
          this.#port.storeInput(command.input);
        }
        const task = await this.#change(before, outcome.task, nowMs, armedAtMs);
        return { kind: "changed", task: this.#answerTo(command, task) };
      }
      case "unchanged":
        this.#port.hint(outcome.task);
        await this.kin.passOn(outcome.task, command);
        return { kind: "unchanged", task: this.#answerTo(command, outcome.task) };
      case "refused":
        return { ...outcome, task: this.#toState(outcome.task) };
    }
  }

  async forget(): Promise<ForgetAnswer> {
    await this.#sender.settled();
    const task = this.#port.load();
    const event = { type: "forget", isNeeded: this.kin.isNeeded(task) } as const;
    const outcome = transition(task, event, this.#port.now());
    if (outcome.kind === "refused") return { ...outcome, task: this.#toState(outcome.task) };
    const isLeft = await this.kin.leave(task, true).catch(() => null);
    if (isLeft === null) return { kind: "refused", refusal: "unsent", task: this.#toState(task) };
    if (!isLeft) return this.forget();
    if (task !== null) this.#port.hintForgotten(task);
    await this.#forget();
    return outcome;
  }

  /**
   * Replies to a watch at once, or parks it behind a socket. `accept` makes a socket that carries
   * the watch and a tag, and returns the object's end of it.
   */
  async watch(
    watch: Watch,
    accept: (watch: ParkedWatch, tag: SocketTag) => WatchSocket,
  ): Promise<WatchAnswer> {
    const nowMs = this.#port.now();
    // No await between this read and the parked socket, or a change in between would be missed.
    const task = this.#port.load();
    if (this.#isAnswered(watch, task)) {
      return { kind: "answered", task: this.#toState(this.#deliver(task, watch, nowMs)) };
    }
    if (this.#watchers.isFull) return { kind: "full" };
    const armedAtMs = this.#armedAtMs(task);
    const revision = watch.revision ?? task?.revision ?? 0;
    const parked = { ...watch, revision, parkedAtMs: nowMs };
    const socket = this.#watchers.park(parked, (tag) => accept(parked, tag));
    this.#line.open(watch, task);
    if (watch.kind === "stream" && task !== null) {
      if (task.revision !== watch.revision) {
        socket.send(JSON.stringify(this.#toState(this.#deliver(task, watch, nowMs))));
      }
      if (isEnded(task)) this.#watchers.endStream(socket);
    }
    await this.#arm(task, armedAtMs);
    return { kind: "parked" };
  }

  /** Removes a watcher. If it was the last connection of a leased run, the lease counts from now. */
  async leave(socket: WatchSocket): Promise<void> {
    this.#watchers.remove(socket);
    const task = this.#line.close(socket);
    if (task !== null) await this.#arm(task, null);
  }

  /** Closes a watcher that sends anything but pings. */
  hear(socket: WatchSocket): void {
    this.#watchers.close(socket, 1003, "send nothing but ping");
  }

  /** Runs everything that is due. The alarm may fire twice, late, or for nothing. */
  async ring(): Promise<void> {
    try {
      const nowMs = this.#port.now();
      this.#watchers.endExpired(nowMs);
      const before = this.#line.withoutLost(this.#port.load(), nowMs);
      const event = { type: "timer", signs: this.#line.signsOf(before) } as const;
      this.kin.resume(before);
      const outcome = transition(before, event, nowMs, this.#port.random());
      switch (outcome.kind) {
        case "changed":
          await this.#change(before, outcome.task, nowMs, null);
          break;
        case "forgotten":
          if (this.kin.isNeeded(before)) await this.kin.keep();
          else if (await this.kin.leave(before, false)) await this.#forget();
          else await this.#arm(this.#port.load(), null);
          break;
        case "noted":
          this.#port.store(outcome.task);
          this.#port.hint(outcome.task);
          this.#send(outcome.task);
          await this.#arm(outcome.task, null);
          break;
        case "nothing_due":
          if (before !== null) this.#send(before);
          // It fired for a watcher, or for a timer that the task no longer has.
          await this.#arm(before, null);
      }
    } catch (error) {
      // The platform drops an alarm that keeps failing. A time-out must not be lost, so try again.
      console.error(logLine("alarm_failed", { taskId: this.#port.id, error: String(error) }));
      await this.#port.setAlarm(this.#port.now() + ALARM_RETRY_MS);
    }
  }

  /**
   * Write, then tell: the platform holds back what is sent until the write is on disk. All of this
   * is one turn, so the task and its alarm reach the disk together, or neither does. Setting the
   * alarm after telling would be faster, but a crash in between would lose the end of the grace
   * period: nothing would wake the object, and requests assume that a stored task's alarm is set.
   * `armedAtMs`: when the alarm fires at the latest, or null if it is not set.
   */
  async #change(
    before: Task | null,
    changed: Task,
    nowMs: number,
    armedAtMs: number | null,
  ): Promise<Task> {
    const heard = this.#watchers.hasWorker(changed) ? withDelivery(changed, nowMs) : changed;
    const state = this.#toState(heard);
    const isWanted = (type: WebhookEvent) => this.#port.isWanted(type, state);
    const task = withEvents(before, heard, { atMs: nowMs, state, isWanted });
    this.kin.follow(task);
    this.#port.store(task);
    this.#send(task);
    const armed = this.#arm(task, armedAtMs);
    this.#port.hint(task);
    this.#tell(task, () => true);
    this.kin.begin(task);
    await armed;
    return task;
  }

  /** Sends the task's state to the watchers that `isFor` selects and that wait for it. */
  #tell(task: Task, isFor: (watch: Watch) => boolean): void {
    const isTold = (watch: Watch) =>
      isFor(watch) && (watch.kind === "stream" || this.#isAnswered(watch, task));
    this.#watchers.tell(this.#toState(task), isTold, isEnded(task));
  }

  #isAnswered(watch: Watch, task: Task | null): boolean {
    return isAnswered(watch, task, this.kin.livesBelow(task));
  }

  /** Sends the outbox without waiting for it: the alarm, set in the same turn, sends it again. */
  #send(task: Task): void {
    if (task.outbox.length > 0) this.#sender.send(task.outbox);
  }

  async #taken(entry: OutboxEntry<Effect>): Promise<void> {
    const task = this.#port.load();
    if (task === null) return;
    const outbox = withoutEntry(task.outbox, entry);
    if (outbox.length === task.outbox.length) return;
    if (!this.kin.isSettled(entry.effect, task)) return this.#send(task);
    const told = { ...task, outbox };
    this.#port.store(told);
    await this.#arm(told, null);
  }

  /**
   * Deletes the task, and tells the watchers that wait for its next change. The alarm is deleted,
   * too, so it is set again if a remaining watcher has a token that expires.
   */
  async #forget(): Promise<void> {
    const cleared = this.kin.forget();
    this.#watchers.tell(null, (watch) => this.#isAnswered(watch, null), false);
    await Promise.all([cleared, this.#arm(null, null)]);
  }

  /** Records that a cancel is delivered to a worker, if there is one and it is the first delivery. */
  #deliver(task: Task | null, watch: Watch, nowMs: number): Task | null {
    if (task === null || !delivers(watch, task)) return task;
    const delivered = withDelivery(task, nowMs);
    if (delivered !== task) this.#port.store(delivered);
    return delivered;
  }

  /** When something is next due for the task or its watchers, or null if never. */
  #dueAtMs(task: Task | null): number | null {
    const timerAtMs = task && nextTimerAtMs(task, this.#line.signsOf(task));
    return earliest(
      task && this.kin.forgetAtMs(task, timerAtMs),
      task && this.#sender.dueAtMs(task.outbox),
      this.kin.dueAtMs(task),
      this.#watchers.nextExpiryAtMs,
    );
  }

  /** When the alarm fires at the latest. Null if unknown, because a restart dropped a connection. */
  #armedAtMs(task: Task | null): number | null {
    return this.#line.isLost(task) ? null : this.#dueAtMs(task);
  }

  /**
   * Makes sure that the alarm fires no later than what is next due. Setting it is a billed write,
   * so it only moves earlier: one that is too early fires for nothing, and is set anew then. One
   * that should have fired by now is not relied on.
   */
  async #arm(task: Task | null, armedAtMs: number | null): Promise<void> {
    const atMs = this.#dueAtMs(task);
    const isArmed = armedAtMs !== null && armedAtMs > this.#port.now();
    if (atMs === null || (isArmed && armedAtMs <= atMs)) return;
    await this.#port.setAlarm(atMs);
  }

  /** Of the commands, only a start returns the input, because it can be long. */
  #answerTo(command: TaskCommand, task: Task): TaskState {
    return command.type === "start" ? this.#withInput(task) : this.#toState(task);
  }

  #withInput(task: Task): TaskState {
    const state = this.#toState(task);
    return task.hasInput ? { ...state, input: this.#port.loadInput() } : state;
  }

  #toState(task: Task): TaskState;
  #toState(task: Task | null): TaskState | null;
  #toState(task: Task | null): TaskState | null {
    const { id } = this.#port;
    const state = task && toTaskState(id, task, this.#watchers.count, this.#line.signsOf(task));
    return state && { ...state, descendants: this.kin.countsOf(task) };
  }
}
