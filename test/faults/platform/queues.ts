import { setImmediate as nextTurn } from "node:timers/promises";
import type { TaskRun, TaskState } from "../../../worker-client/index.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { Machine } from "../simulation/scheduler.ts";
import { loadService } from "./platform.ts";
import { QUEUE, type QueueRun, QueueWorld } from "./queue-world.ts";

/** Tasks that are handed out by a queue, whatever crashes. */
export const queues: Scenario = {
  about:
    "queues, their tasks and their workers, on a simulated platform, network and clock; a round is a life of a queue",
  rounds: { full: 1000, short: 60 },
  run: runQueues,
};

/** How the lives of a queue differ: only in a storm does anything go wrong. */
const KINDS = ["storm", "storm", "storm", "order", "at once", "limits"] as const;
type Kind = (typeof KINDS)[number];

async function runQueues(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, progress, signal } = context;
  const code = await loadService();
  const violations: ScenarioResult["violations"][number][] = [];
  let runs = 0;
  let tasks = 0;
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const own = seed + round;
    const life = new QueueLife(new QueueWorld(own, code, kindOf(own) !== "storm"), kindOf(own));
    const { world } = await life.live();
    runs += world.runs.length;
    tasks += life.ids.length;
    if (round % 20 === 19) progress(`${round + 1} of ${rounds} lives`);
    for (const { invariant, detail } of world.violations) {
      const trace = rounds === 1 ? world.trace.map((line) => `\n  ${line}`).join("") : "";
      violations.push({ invariant, detail: `seed ${own}: ${detail}${trace}` });
    }
    if (stopsAtFirst && violations.length > 0) break;
    await nextTurn();
  }
  return { did: `${tasks} tasks, ${runs} runs in ${rounds} lives`, violations };
}

function kindOf(seed: number): Kind {
  return KINDS[seed % KINDS.length] ?? "storm";
}

const ENQUEUES_WITHIN_MS = 90_000;
/** A task that the queue has lost puts itself back, at the latest after so long. */
const LASTS_AFTER_HEALING_MS = 2 * 3_600_000;
const LOOKS_EVERY_MS = 20_000;
/** Until every slot has been checked, and every word that was lost is said again. */
const AFTERMATH_MS = 2 * 3_600_000;
const GRACE_SECONDS = 10;
const LEASES_SECONDS = [10, 20, 60] as const;
/** A supervisor starts a worker again that was refused at its first claim. */
const RESTARTS_AFTER_MS = 5000;
/** Round trips. */
const AT_ONCE_MS = 3000;

/** A life of a queue, its tasks and its workers. */
class QueueLife {
  readonly world: QueueWorld;
  readonly ids: string[] = [];
  readonly #kind: Kind;
  readonly #maxRunning: number | null;
  readonly #operator = new Machine("the operator");
  /** Whose cancel was sent, and what the task was when it was answered. */
  readonly #cancelled = new Map<string, TaskState | null>();
  /** Since when it can be claimed. */
  readonly #enqueuedAtMs = new Map<string, number>();
  readonly #priorities = new Map<string, number>();
  readonly #stop = new AbortController();
  #isPaused = false;
  #pausedAtMs = 0;
  #machines = 0;

  constructor(world: QueueWorld, kind: Kind) {
    this.world = world;
    this.#kind = kind;
    const { random } = world;
    const limits = kind === "storm" ? [null, null, 1, 2, 3] : [1, 2];
    this.#maxRunning =
      kind === "order" || kind === "at once"
        ? null
        : (limits[random.whole(0, limits.length - 1)] ?? null);
  }

  async live(): Promise<this> {
    const { world } = this;
    const { scheduler, random } = world;
    const restore = world.install();
    try {
      const isStorm = this.#kind === "storm";
      this.#operate(1, () => this.#setUp());
      const workers = this.#kind === "order" ? 1 : random.whole(2, 4);
      for (let worker = 0; worker < workers; worker++) {
        scheduler.later(random.whole(2, 3000), () => this.#boot());
      }
      const count = random.whole(4, 12);
      for (let number = 0; number < count; number++) this.#plan(`task-${number}`);
      if (isStorm) this.#makeTrouble();
      if (this.#kind === "order")
        this.#operate(ENQUEUES_WITHIN_MS + 1000, () => this.#pause(false));
      else if (this.#kind !== "at once" && random.percent(50)) this.#planPause();
      const untilMs = Math.max(world.healsAtMs, ENQUEUES_WITHIN_MS) + LASTS_AFTER_HEALING_MS;
      while (world.nowMs < untilMs && !this.#isOver()) {
        const nextMs = Math.min(untilMs, world.nowMs + LOOKS_EVERY_MS);
        if (!(await scheduler.runUntil(nextMs))) {
          world.violate("no rush", `so much happens: ${scheduler.eventsHappened} events`);
          break;
        }
      }
      this.#checkTasks();
      this.#operate(0, () => this.#stop.abort());
      await scheduler.runUntil(world.nowMs + AFTERMATH_MS);
      world.checkOverlaps();
      this.#operate(0, () => this.#checkQueue());
      await scheduler.runUntil(world.nowMs + 60_000);
    } finally {
      restore();
    }
    return this;
  }

  /** The operator does something, again and again until it is answered. */
  #operate(delayMs: number, act: () => unknown): void {
    this.world.scheduler.later(delayMs, () => void act(), this.#operator);
  }

  async #insist<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        this.world.note(this.#operator.name, String(error));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  async #setUp(): Promise<void> {
    const maxRunning = this.#maxRunning;
    const paused = this.#kind === "order";
    await this.#insist(() => this.world.client().setQueue(QUEUE, { maxRunning, paused }));
  }

  #plan(id: string): void {
    const { random } = this.world;
    const priority = random.whole(-2, 2);
    const mayBeDelayed = this.#kind === "storm" || this.#kind === "at once";
    const delaySeconds = mayBeDelayed && random.percent(30) ? random.whole(1, 100) : 0;
    this.ids.push(id);
    this.#priorities.set(id, priority);
    const task = {
      id,
      priority,
      gracePeriodSeconds: GRACE_SECONDS,
      maxAttempts: 100,
      backoffSeconds: 0,
      input: { of: id },
      ...(delaySeconds > 0 && { delaySeconds }),
    };
    const atMs = random.whole(5000, ENQUEUES_WITHIN_MS);
    this.#operate(atMs, async () => {
      const [made] = await this.#insist(async () => {
        const results = await this.world.client().enqueue(QUEUE, [task]);
        for (const result of results)
          if ("problem" in result) throw new Error(result.problem.detail);
        return results;
      });
      this.#enqueuedAtMs.set(id, this.world.nowMs + delaySeconds * 1000);
      this.world.note(
        this.#operator.name,
        `${id} is ${made && "outcome" in made ? made.outcome : "?"}`,
      );
    });
    if (this.#kind === "storm" && random.percent(25)) {
      this.#operate(random.whole(5000, ENQUEUES_WITHIN_MS + 100_000), () => this.#cancel(id));
    }
  }

  async #cancel(id: string): Promise<void> {
    this.#cancelled.set(id, null);
    const task = await this.#insist(() => this.world.client().cancel(id));
    this.#cancelled.set(id, task);
  }

  #planPause(): void {
    const { random } = this.world;
    const fromMs = random.whole(5000, ENQUEUES_WITHIN_MS);
    this.#operate(fromMs, () => this.#pause(true));
    this.#operate(fromMs + random.whole(20_000, 100_000), () => this.#pause(false));
  }

  async #pause(paused: boolean): Promise<void> {
    if (!paused) this.#isPaused = false;
    await this.#insist(() => this.world.client().setQueue(QUEUE, { paused }));
    this.#isPaused = paused;
    this.#pausedAtMs = this.world.nowMs;
  }

  #makeTrouble(): void {
    const { random, scheduler, healsAtMs, platform } = this.world;
    for (let left = random.whole(0, 6); left > 0; left--) {
      scheduler.later(random.whole(0, healsAtMs), () => {
        const { hosts } = platform;
        hosts[random.whole(0, hosts.length - 1)]?.crash();
      });
    }
    // What a queue knows is a hint.
    if (random.percent(30)) {
      const wipe = () => platform.find("QueueObject", QUEUE)?.wipe();
      scheduler.later(random.whole(20_000, ENQUEUES_WITHIN_MS), wipe);
    }
  }

  /** A worker's machine, until it dies and another takes its place. */
  #boot(): void {
    const { world } = this;
    const { random, scheduler, network } = world;
    if (this.#stop.signal.aborted) return;
    const machine = new Machine(`worker ${++this.#machines}`);
    const leaseSeconds = random.one(LEASES_SECONDS);
    const concurrency = this.#kind === "order" ? 1 : random.whole(1, 2);
    scheduler.later(
      1,
      () => {
        const own = new AbortController();
        const options = {
          leaseSeconds,
          concurrency: this.#kind === "at once" ? 12 : concurrency,
          signal: own.signal,
          onError: (error: unknown) => world.note(machine.name, String(error)),
        };
        this.#stop.signal.addEventListener("abort", () => own.abort());
        world
          .client()
          .work(QUEUE, (run) => this.#work(machine, run), options)
          .catch((error: unknown) => {
            world.note(machine.name, `stops: ${error}`);
            setTimeout(() => this.#boot(), RESTARTS_AFTER_MS);
          });
      },
      machine,
    );
    if (this.#kind !== "storm") return;
    if (random.percent(50)) {
      const cutMs = random.whole(1000, 200_000);
      scheduler.later(random.whole(5000, 120_000), () => network.cutOff(machine, cutMs));
    }
    if (random.percent(50)) {
      scheduler.later(random.whole(5000, 120_000), () => {
        world.note(machine.name, "dies");
        for (const run of world.running) if (run.machine === machine) run.endedAtMs = world.nowMs;
        machine.sleep(world.nowMs, Number.POSITIVE_INFINITY);
        if (random.percent(50)) network.hangUp(machine);
        scheduler.later(random.whole(1000, 30_000), () => this.#boot());
      });
    }
  }

  async #work(machine: Machine, { id, attempt, signal, input }: TaskRun): Promise<object> {
    const { world } = this;
    const { random } = world;
    const run: QueueRun = {
      name: `attempt ${attempt} of ${machine.name}`,
      id,
      attempt,
      machine,
      beganAtMs: world.nowMs,
      endedAtMs: null,
      gaps: [],
      isDone: false,
    };
    world.note(machine.name, `begins ${id}, attempt ${attempt}`);
    world.runs.push(run);
    this.#checkBegin(run);
    if (JSON.stringify(input) !== JSON.stringify({ of: id })) {
      world.violate("no task lost", `${id} comes with the input ${JSON.stringify(input)}`);
    }
    try {
      await pause(random.whole(100, 60_000), signal);
      if (signal.aborted) await pause(random.whole(0, (GRACE_SECONDS * 1000) / 2));
      signal.throwIfAborted();
      if (this.#kind === "storm" && random.percent(10)) throw new Error("out of memory");
      run.isDone = true;
      return { attempt };
    } finally {
      world.note(machine.name, `ends ${id}, attempt ${attempt}`);
      run.endedAtMs ??= world.nowMs;
    }
  }

  #checkBegin({ id, attempt }: QueueRun): void {
    const { world } = this;
    const cancelled = this.#cancelled.get(id);
    if (cancelled && cancelled.attempt < attempt) {
      world.violate(
        "I1",
        `${id} was cancelled as attempt ${cancelled.attempt}, and ${attempt} begins`,
      );
    }
    if (this.#kind === "storm") return;
    if (attempt > 1) world.violate("no task lost", `${id} begins again, and nothing went wrong`);
    const limit = this.#maxRunning ?? Number.POSITIVE_INFINITY;
    const { length } = world.running;
    if (length > limit) world.violate("order", `${length} run where ${limit} may`);
    if (this.#isPaused && world.nowMs > this.#pausedAtMs + AT_ONCE_MS) {
      world.violate("order", `${id} begins, and the queue is paused`);
    }
    const enqueuedAtMs = this.#enqueuedAtMs.get(id) ?? world.nowMs;
    if (this.#kind === "at once" && world.nowMs > enqueuedAtMs + AT_ONCE_MS) {
      world.violate(
        "order",
        `${id} waited ${world.nowMs - enqueuedAtMs} ms, and workers waited, too`,
      );
    }
    if (this.#kind === "order") this.#checkOrder(id);
  }

  /** Whatever waited then and has not begun comes later. */
  #checkOrder(id: string): void {
    const begun = new Set(this.world.runs.map((run) => run.id));
    const rank = (one: string) => this.#priorities.get(one) ?? 0;
    const since = (one: string) => this.#enqueuedAtMs.get(one) ?? Number.POSITIVE_INFINITY;
    for (const other of this.ids) {
      if (begun.has(other)) continue;
      const isFirst =
        rank(other) > rank(id) ||
        (rank(other) === rank(id) && since(other) + AT_ONCE_MS < since(id));
      if (isFirst) this.world.violate("order", `${id} begins before ${other}`);
    }
  }

  #stored(id: string): StoredTask | null {
    const host = this.world.platform.find("TaskObject", id);
    const task = host?.storage.peek("task");
    return isStoredTask(task) ? task : null;
  }

  #isOver(): boolean {
    return (
      this.ids.every((id) => {
        const task = this.#stored(id);
        return this.#enqueuedAtMs.has(id) && task !== null && task.endedAtMs !== undefined;
      }) && this.world.running.length === 0
    );
  }

  #checkTasks(): void {
    const { world } = this;
    for (const id of this.ids) {
      const task = this.#stored(id);
      if (task?.endedAtMs === undefined) {
        world.violate("no task lost", `${id} is ${task?.status ?? "unknown"}`);
        continue;
      }
      const { status, attempt, attempts, result } = task;
      const own = world.runs.filter((run) => run.id === id);
      if (status === "succeeded") {
        if (result?.attempt !== attempt) {
          world.violate("I5", `${id}: attempt ${attempt} has the result ${JSON.stringify(result)}`);
        }
        if (!own.some((run) => run.attempt === attempt && run.isDone)) {
          world.violate("I5", `${id} has succeeded as attempt ${attempt}, and nobody did the work`);
        }
      }
      if (status === "cancelled" && !this.#cancelled.has(id)) {
        world.violate("I4", `${id} is cancelled, and nobody asked for it`);
      }
      if (attempts.some(({ outcome }) => outcome === "fenced")) {
        world.violate("overlap", `an attempt of ${id} was fenced by a claim`);
      }
      if (attempts.slice(0, -1).some(({ outcome }) => outcome === "succeeded")) {
        world.violate("I6", `${id} ran again after it had succeeded`);
      }
    }
  }

  async #checkQueue(): Promise<void> {
    const state = await this.#insist(() => this.world.client().queue(QUEUE));
    const { running, pending, delayed, waitingWorkers } = state;
    if (running + pending + delayed + waitingWorkers > 0) {
      this.world.violate("no slot leaks", JSON.stringify(state));
    }
  }
}

/** As much of a stored task as is looked at. */
interface StoredTask {
  readonly status: string;
  readonly attempt: number;
  readonly attempts: readonly { readonly outcome: string | null }[];
  readonly endedAtMs?: number;
  readonly result?: { readonly attempt?: number } | null;
}

function isStoredTask(value: unknown): value is StoredTask {
  return typeof value === "object" && value !== null && "attempts" in value;
}

/** Waits on the machine where it is called; a signal may cut it short. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
