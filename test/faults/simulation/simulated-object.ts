import type { Task } from "../../../src/tasks/task.ts";
import { TaskCore } from "../../../src/tasks/task-core.ts";
import type { TaskPort } from "../../../src/tasks/task-port.ts";
import { toTaskState } from "../../../src/tasks/task-state.ts";
import type { Watch } from "../../../src/tasks/watch.ts";
import type { SocketTag } from "../../../src/tasks/watchers.ts";
import type { TaskState } from "../../../worker-client/protocol.ts";
import { ALONE } from "../../lab/no-children.ts";
import { Disk } from "./disk.ts";
import { EPOCH_MS, type ScheduledEvent } from "./scheduler.ts";
import { SimulatedEnd } from "./simulated-end.ts";
import { checkChange, checkLease, type OpenRun } from "./truth.ts";
import type { World } from "./world.ts";

/** The far end of a watch: a WebSocket, or a request that is parked. */
export interface Watcher {
  /** The watch needs no socket: this is the answer to it. */
  answer(task: TaskState | null): void;
  /** The watch is parked. */
  open(): void;
  tell(task: TaskState | null): void;
  /** The service closes it. */
  end(): void;
  /** The service is gone without a word. */
  lose(): void;
}

/** What the far end of a watch can do. */
export interface WatchHandle {
  /** Takes the watch back. */
  leave(): void;
  /** The object sleeps through it. */
  ping(): void;
}

const ANSWERS_CLOSE_WITHIN_MS = 5000;

/**
 * The service with its one task: the core that is deployed, on a disk, an alarm and sockets that are
 * simulated. A crash takes everything that is not on the disk yet.
 */
export class SimulatedObject {
  readonly id: string;
  isDown = false;
  /** Since when it has been able to notice that a time is over. */
  noticesSinceMs = Number.NEGATIVE_INFINITY;
  readonly #world: World;
  readonly #disk: Disk;
  #core: TaskCore;
  #sockets: SimulatedEnd[] = [];
  #wallOffsetMs = 0;
  #upAgainAtMs = 0;
  #alarm: ScheduledEvent | null = null;
  /** Whether the alarm was set since it rang. */
  #isArmedAnew = false;
  /** What it is doing, for the trace. */
  #why = "";

  constructor(world: World, id: string) {
    this.#world = world;
    this.id = id;
    this.#disk = new Disk(world, {
      onWritten: (write, before) => {
        if (write.why === "timer") checkLease(world, before, this.#openRuns());
        checkChange(world, before, write);
        this.#schedule();
      },
      onLostPower: () => this.crash(world.random.whole(100, 60_000)),
    });
    this.#core = this.#wakeUp();
  }

  /** What its clock on the wall shows, in whole milliseconds as every clock does. */
  get wallMs(): number {
    return Math.floor(EPOCH_MS + this.#world.scheduler.nowMs + this.#wallOffsetMs);
  }

  /** The task as it is on disk, for who knows everything. */
  get task(): Task | null {
    return this.#disk.task;
  }

  /** When the alarm rings; null: it is not set. */
  get alarmAtMs(): number | null {
    return this.#disk.alarmAtMs;
  }

  /** The same as a state. */
  state(): TaskState | null {
    return this.task && toTaskState(this.id, this.task, 0);
  }

  /** Calls the core; `reply` gets what it returns, or undefined if that was lost in a crash. */
  ask<Answer>(
    why: string,
    call: (core: TaskCore) => Answer | Promise<Answer>,
    reply: (answer: Answer | undefined) => void,
  ): void {
    const core = this.#core;
    this.#why = why;
    const lose = () => reply(undefined);
    (async () => call(core))().then(
      (answer) => this.#disk.output(() => reply(answer), lose),
      (error) => {
        this.#world.violate("settles", `${why} fails in the service: ${error}`);
        lose();
      },
    );
  }

  /** Reads the task, as a client does. */
  read(reply: (task: TaskState | null | undefined) => void): void {
    if (this.#world.random.percent(10)) this.evict();
    this.ask(
      "read",
      (core) => {
        const task = core.read();
        const watchers = [...this.#list("worker"), ...this.#list("run")].filter(
          ({ isOpen }) => isOpen,
        ).length;
        if (task !== null && task.watchers !== watchers) {
          this.#world.violate("I2", `counts ${task.watchers} watchers where ${watchers} are`);
        }
        return task;
      },
      (task) => {
        if (task) this.say(task);
        reply(task);
      },
    );
  }

  watch(watch: Watch, watcher: Watcher): WatchHandle {
    const { scheduler, random } = this.#world;
    let end: SimulatedEnd | null = null;
    this.ask(
      "watch",
      (core) =>
        core.watch(watch, (parked, tag) => {
          end = new SimulatedEnd(parked, tag, {
            tell: (message) => this.#disk.output(() => watcher.tell(this.#heard(message))),
            end: (ended) => {
              this.#disk.output(() => watcher.end());
              // The platform lists it until the other end has answered.
              scheduler.later(random.whole(1, ANSWERS_CLOSE_WITHIN_MS), () => this.#drop(ended));
            },
            lose: () => watcher.lose(),
          });
          this.#sockets.push(end);
          return end;
        }),
      (answer) => {
        if (answer === undefined) watcher.lose();
        else if (answer.kind === "answered") {
          if (answer.task) this.say(answer.task);
          watcher.answer(answer.task);
        } else if (end !== null) {
          watcher.open();
          end.open();
        }
      },
    );
    const ifOpen = (act: (open: SimulatedEnd) => void) => {
      if (end?.isOpen && this.#sockets.includes(end)) act(end);
    };
    return {
      leave: () => ifOpen((open) => this.#leave(open)),
      ping: () =>
        ifOpen((open) => {
          open.pingedAtMs = this.wallMs;
        }),
    };
  }

  /** A state goes out into the world: it must have been on disk. */
  say(task: TaskState): void {
    const { truth } = this.#world;
    if (!truth.wasStored(task)) {
      this.#world.violate("I2", `${task.status} r${task.revision} is said and is not on disk`);
    }
  }

  jumpClock(ms: number): void {
    this.#wallOffsetMs += ms;
    this.noticesSinceMs = this.wallMs;
    this.#schedule();
  }

  /** The platform forgets what is in memory. Sockets and disk stay. */
  evict(): void {
    if (this.isDown || this.#disk.isWriting) return;
    this.#world.coverage.count("eviction");
    this.#core = this.#wakeUp();
  }

  /** Everything but what is on disk is lost, until it is back. */
  crash(atMostMs: number): void {
    const { trace, coverage, scheduler, weather } = this.#world;
    const downMs = Math.min(atMostMs, weather.healsAtMs - scheduler.nowMs);
    trace.note("service", `crashes for ${downMs} ms`);
    coverage.count("crash");
    this.isDown = true;
    this.#upAgainAtMs = Math.max(this.#upAgainAtMs, scheduler.nowMs + downMs);
    const lost = this.#sockets;
    this.#sockets = [];
    this.#disk.crash();
    for (const end of lost) end.lose();
    this.#schedule();
    scheduler.later(downMs, () => {
      if (!this.isDown || scheduler.nowMs < this.#upAgainAtMs) return;
      this.isDown = false;
      this.noticesSinceMs = this.wallMs;
      this.#core = this.#wakeUp();
      this.#schedule();
    });
  }

  #wakeUp(): TaskCore {
    const port: TaskPort = {
      id: this.id,
      now: () => this.wallMs,
      load: () => {
        if (this.#why === "timer" && this.#world.weather.strikes("failing disk")) {
          this.noticesSinceMs = this.wallMs;
          throw new Error("the disk cannot be read");
        }
        return this.#disk.read();
      },
      store: (task) => this.#write({ task }),
      // None of its tasks has an input or a queue.
      loadInput: () => null,
      storeInput: () => {},
      isWanted: () => false,
      send: async () => {},
      hint: () => {},
      hintForgotten: () => {},
      ...ALONE,
      clear: async () => this.#write({ task: null, alarmAtMs: null }),
      setAlarm: async (alarmAtMs) => {
        this.#checkAlarm(alarmAtMs);
        this.#isArmedAnew = true;
        this.#write({ alarmAtMs });
      },
      sockets: (tag) => this.#list(tag),
      pingedAtMs: (end) => (end instanceof SimulatedEnd ? end.pingedAtMs : null),
      random: () => (this.#world.random.percent(50) ? 1 : 0),
    };
    return new TaskCore(port);
  }

  /** No sign of life of a worker moves an alarm. After a crash nobody knows when it is set. */
  #checkAlarm(atMs: number): void {
    const { alarmAtMs, task, isWriting } = this.#disk;
    const isSign = this.#why === "heartbeat" || this.#why === "watch";
    if (!isSign || isWriting || task?.status !== "running" || task.hadLine) return;
    if (alarmAtMs === null || alarmAtMs <= this.wallMs) return;
    this.#world.violate("lease", `a ${this.#why} moves an alarm from ${alarmAtMs} to ${atMs}`);
  }

  #write(what: { task?: Task | null; alarmAtMs?: number | null }): void {
    this.#disk.write(this.#why, this.wallMs, what);
  }

  #list(tag: SocketTag): SimulatedEnd[] {
    return this.#sockets.filter((end) => end.tag === tag);
  }

  /** The other end closes, which may have woken the object. */
  #leave(end: SimulatedEnd): void {
    end.beginClose();
    if (this.#world.random.percent(20)) this.evict();
    this.ask(
      "leave",
      (core) => core.leave(end),
      () => {},
    );
    this.#drop(end);
  }

  /** The open lines that name a run. */
  #openRuns(): OpenRun[] {
    return this.#sockets.flatMap((end) => {
      const watch = end.deserializeAttachment();
      if (!end.isOpen || watch.role?.kind !== "run") return [];
      const { attempt, holder } = watch.role;
      return { attempt, holder, heardAtMs: Math.max(watch.parkedAtMs ?? 0, end.pingedAtMs ?? 0) };
    });
  }

  #drop(end: SimulatedEnd): void {
    this.#sockets = this.#sockets.filter((other) => other !== end);
  }

  #heard(message: string): TaskState | null {
    const task: TaskState | null = JSON.parse(message);
    if (task) this.say(task);
    return task;
  }

  /** The one alarm: it follows the clock on the wall, also when that jumps. */
  #schedule(): void {
    const { scheduler } = this.#world;
    if (this.#alarm !== null) scheduler.stop(this.#alarm);
    this.#alarm = null;
    const { alarmAtMs } = this.#disk;
    if (this.isDown || alarmAtMs === null) return;
    this.#alarm = scheduler.later(Math.max(0, alarmAtMs - this.wallMs), () => this.#ring());
  }

  /** An alarm is done with when all that came of it is on disk; a crash before lets it ring again. */
  #ring(): void {
    this.#isArmedAnew = false;
    const { weather, scheduler } = this.#world;
    if (weather.strikes("alarm rings twice")) {
      scheduler.later(1, () => this.isDown || this.#ring());
    }
    this.ask(
      "timer",
      async (core) => {
        await core.ring();
        return true;
      },
      (rung) => {
        if (!rung) return;
        if (!this.#isArmedAnew) this.#disk.alarmAtMs = null;
        checkLease(this.#world, this.task, this.#openRuns());
      },
    );
  }
}
