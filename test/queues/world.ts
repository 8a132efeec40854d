import assert from "node:assert/strict";
import { vi } from "vitest";
import type { TaskNews, TaskWord } from "../../src/queues/queue.ts";
import { wordOf } from "../../src/queues/queue.ts";
import type { HeldOffer, OfferEnd } from "../../src/queues/queue-stub.ts";
import type { Entry } from "../../src/queues/waiting-line.ts";
import type { Effect } from "../../src/tasks/effects.ts";
import type { TaskCommand } from "../../src/tasks/events.ts";
import type { Task } from "../../src/tasks/task.ts";
import { TaskCore } from "../../src/tasks/task-core.ts";
import type { JsonValue, TaskState } from "../../worker-client/protocol.ts";
import type { QueueSettings, QueueState } from "../../worker-client/protocol-queues.ts";
import { ALONE } from "../lab/no-children.ts";
import { START_MS, TestQueue } from "./harness.ts";

/** What goes wrong at a step from one process to another. */
export type Fault =
  /** The Worker is gone before it asks, or before it hears the answer: its client is cut off. */
  | "the Worker dies before"
  | "the Worker dies after"
  /** The object goes away before it has done anything, or when it is on disk, but was not said. */
  | "the object dies before"
  | "the object dies after";

/** The routes of the service, whose types are those of Workers. */
interface Routes {
  readonly router: { fetch(request: Request, env: object): Promise<Response> };
}
const routes: Routes = await import(String(new URL("../../src/routes/router.ts", import.meta.url)));

export const FAULTS: readonly [Fault, ...Fault[]] = [
  "the Worker dies before",
  "the Worker dies after",
  "the object dies before",
  "the object dies after",
];

/** A task tells its queue by itself: no Worker can die of that. */
export function isPossible(step: string, fault: Fault): boolean {
  return !(TOLD.includes(step) && fault.startsWith("the Worker"));
}

const TOLD: readonly string[] = ["queue.add", "queue.leave"] satisfies Effect["type"][];
const QUEUE = "gpu";

/** A task's object: its disk and its alarm outlive a crash. */
class TaskHost {
  alarmAtMs: number | null = null;
  core: TaskCore;
  #task: Task | null = null;
  #input: JsonValue = null;
  readonly #make: () => TaskCore;

  constructor(id: string, send: (effect: Effect) => Promise<void>) {
    this.#make = () =>
      new TaskCore({
        ...ALONE,
        id,
        now: () => Date.now(),
        load: () => this.#task,
        store: (task) => {
          this.#task = task;
        },
        loadInput: () => this.#input,
        storeInput: (input) => {
          this.#input = input;
        },
        clear: async () => {
          this.#task = null;
          this.alarmAtMs = null;
        },
        setAlarm: async (atMs) => {
          this.alarmAtMs = atMs;
        },
        sockets: () => [],
        pingedAtMs: () => null,
        send,
        isWanted: () => false,
        hint: () => {},
        hintForgotten: () => {},
        random: () => 1,
      });
    this.core = this.#make();
  }

  crash(): void {
    this.core = this.#make();
  }

  async ring(): Promise<void> {
    this.alarmAtMs = null;
    await this.core.ring();
  }
}

/** What goes wrong at a step; null: nothing. */
export type Mishap = (step: number, name: string) => Fault | null;

/** The service with one queue and its tasks, on a clock of its own; at some steps something goes wrong. */
export class World {
  /** Every step from one process to another, in order. */
  readonly steps: string[] = [];
  readonly queue = new TestQueue({
    now: () => Date.now(),
    askTask: (id) => this.#askTask(id),
  });
  readonly #tasks = new Map<string, TaskHost>();
  /** May be changed at any time. */
  mishap: Mishap;

  constructor(mishap: Mishap = () => null) {
    this.mishap = mishap;
    vi.useFakeTimers({ now: START_MS, toFake: ["Date", "setTimeout", "clearTimeout"] });
    vi.spyOn(console, "log").mockImplementation(() => {});
    vi.spyOn(console, "error").mockImplementation(() => {});
  }

  get tasks(): readonly TaskState[] {
    return [...this.#tasks.values()].map(({ core }) => core.read()).filter((task) => task !== null);
  }

  /** A request of a client. Null: its Worker has died, and the connection with it. */
  async ask(
    method: string,
    path: string,
    json?: object,
    signal: AbortSignal | null = null,
  ): Promise<Response | null> {
    const { promise: died, resolve } = Promise.withResolvers<null>();
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const request = new Request(`http://localhost:8080${path}`, { method, signal, ...body });
    return Promise.race([
      died,
      routes.router.fetch(
        request,
        this.#env(() => resolve(null)),
      ),
    ]);
  }

  /** Resolves later; somebody else lets time pass. */
  wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, seconds * 1000);
    });
  }

  /** Lets time pass until something is done that waits for it. */
  async until(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    for (let turn = 0; !isDone && turn < 10_000; turn++) {
      await settled();
      if (vi.getTimerCount() > 0) await this.pass(0.5);
    }
    await done;
  }

  /** Lets time pass; whatever alarm is due rings. */
  async pass(seconds: number): Promise<void> {
    const untilMs = Date.now() + seconds * 1000;
    await settled();
    for (let rung = 0; ; rung++) {
      assert(rung < 1000, "the alarms never stop");
      const objects = [this.queue, ...this.#tasks.values()];
      const [next] = objects
        .filter(({ alarmAtMs }) => alarmAtMs !== null && alarmAtMs <= untilMs)
        .sort((one, other) => (one.alarmAtMs ?? 0) - (other.alarmAtMs ?? 0));
      if (next === undefined) break;
      await vi.advanceTimersByTimeAsync(Math.max(0, (next.alarmAtMs ?? 0) - Date.now()));
      await next.ring();
      await settled();
    }
    await vi.advanceTimersByTimeAsync(Math.max(0, untilMs - Date.now()));
  }

  /** What a Worker is bound to; `die` cuts its client off. */
  #env(die: () => void): object {
    return {
      AUTH: "none",
      WATCH_WAIT_SECONDS: "55",
      WATCH_MAX_WAIT_SECONDS: "300",
      WATCH_TASK_WAIT_SECONDS: "5",
      TASKS: { getByName: (id: string) => this.#taskStub(id, die) },
      QUEUES: { getByName: () => this.#queueStub(die) },
    };
  }

  #queueStub(die: () => void) {
    const { queue } = this;
    const step = <Answer>(name: string, act: () => Promise<Answer>) =>
      this.#step(`queue.${name}`, act, () => queue.crash(), die);
    return {
      read: () => step("read", () => queue.core.read()),
      configure: (settings: QueueSettings) =>
        step("configure", () => queue.core.configure(settings)),
      reserve: (tasks: readonly Entry[]) => step("reserve", () => queue.core.reserve(tasks)),
      hear: (news: readonly TaskNews[]) => step("hear", () => queue.core.hear(news)),
      offer: (holder: string) => step("offer", () => queue.core.offer(holder)),
      settle: (offer: HeldOffer, end: OfferEnd) =>
        step("settle", () => queue.core.settle(offer, end)),
    };
  }

  #taskStub(id: string, die: () => void) {
    const host = this.#host(id);
    const step = <Answer>(name: string, act: () => Promise<Answer>) =>
      this.#step(`task.${name}`, act, () => host.crash(), die);
    return {
      read: () => step("read", async () => host.core.read()),
      command: (command: TaskCommand) => step(command.type, () => host.core.command(command)),
      forget: () => step("forget", () => host.core.forget()),
    };
  }

  #host(id: string): TaskHost {
    let host = this.#tasks.get(id);
    if (host === undefined) {
      host = new TaskHost(id, (effect) => this.#send(id, effect));
      this.#tasks.set(id, host);
    }
    return host;
  }

  #send(id: string, effect: Effect): Promise<void> {
    const { queue } = this;
    // No webhook wants to know of anything.
    if (effect.type === "event") return Promise.resolve();
    const word: TaskWord =
      effect.type === "queue.add" ? { ...effect, kind: "waits" } : { kind: "gone" };
    return this.#step(
      effect.type,
      () => queue.core.hear([{ id, word }]),
      () => queue.crash(),
    );
  }

  async #askTask(id: string): Promise<TaskWord> {
    return wordOf(this.#host(id).core.read(), QUEUE);
  }

  async #step<Answer>(
    name: string,
    act: () => Promise<Answer>,
    crash: () => void,
    die: (() => void) | null = null,
  ): Promise<Answer> {
    const fault = this.mishap(this.steps.length, name);
    this.steps.push(name);
    await settled();
    if (fault === null) return act();
    switch (fault) {
      case "the Worker dies before":
        die?.();
        return new Promise(() => {});
      case "the Worker dies after":
        await act();
        die?.();
        return new Promise(() => {});
      case "the object dies before":
        crash();
        throw new Error("the object went away");
      case "the object dies after":
        await act();
        crash();
        throw new Error("the object went away");
    }
  }

  async state(): Promise<QueueState> {
    return this.queue.core.read();
  }
}

/** Lets everything go on that waits for nothing. */
async function settled(): Promise<void> {
  await new Promise(setImmediate);
}
