import type { TaskRun } from "../../../worker-client/index.ts";
import { pause } from "../pause.ts";
import { Machine } from "../simulation/scheduler.ts";
import { Operator } from "./operator.ts";
import { type Kind, QueueFacts } from "./queue-facts.ts";
import { QUEUE, type QueueRun, type QueueWorld } from "./queue-world.ts";

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

/** A life of a queue, its tasks and its workers. */
export class QueueLife {
  readonly facts: QueueFacts;
  readonly world: QueueWorld;
  readonly #operator: Operator;
  readonly #stop = new AbortController();
  #machines = 0;

  constructor(world: QueueWorld, kind: Kind) {
    const { random } = world;
    const limits = kind === "storm" ? [null, null, 1, 2, 3] : [1, 2];
    const maxRunning =
      kind === "order" || kind === "at once"
        ? null
        : (limits[random.whole(0, limits.length - 1)] ?? null);
    this.world = world;
    this.#operator = new Operator(world);
    this.facts = new QueueFacts(world, kind, maxRunning);
  }

  async live(): Promise<this> {
    const { world } = this;
    const { scheduler, random } = world;
    const restore = world.install();
    try {
      const isStorm = this.facts.kind === "storm";
      this.#operator.later(1, () => this.#setUp());
      const workers = this.facts.kind === "order" ? 1 : random.whole(2, 4);
      for (let worker = 0; worker < workers; worker++) {
        scheduler.later(random.whole(2, 3000), () => this.#boot());
      }
      const count = random.whole(4, 12);
      for (let number = 0; number < count; number++) this.#plan(`task-${number}`);
      if (isStorm) this.#makeTrouble();
      if (this.facts.kind === "order")
        this.#operator.later(ENQUEUES_WITHIN_MS + 1000, () => this.#pause(false));
      else if (this.facts.kind !== "at once" && random.percent(50)) this.#planPause();
      const untilMs = Math.max(world.healsAtMs, ENQUEUES_WITHIN_MS) + LASTS_AFTER_HEALING_MS;
      while (world.nowMs < untilMs && !this.facts.isOver()) {
        const nextMs = Math.min(untilMs, world.nowMs + LOOKS_EVERY_MS);
        if (!(await scheduler.runUntil(nextMs))) {
          world.violate("no rush", `so much happens: ${scheduler.eventsHappened} events`);
          break;
        }
      }
      this.facts.checkTasks();
      this.#operator.later(0, () => this.#stop.abort());
      await scheduler.runUntil(world.nowMs + AFTERMATH_MS);
      world.checkOverlaps();
      this.#operator.later(0, () => this.#checkQueue());
      await scheduler.runUntil(world.nowMs + 60_000);
    } finally {
      restore();
    }
    return this;
  }

  async #setUp(): Promise<void> {
    const maxRunning = this.facts.maxRunning;
    const paused = this.facts.kind === "order";
    await this.#operator.insist(() => this.world.client().setQueue(QUEUE, { maxRunning, paused }));
  }

  #plan(id: string): void {
    const { random } = this.world;
    const priority = random.whole(-2, 2);
    const mayBeDelayed = this.facts.kind === "storm" || this.facts.kind === "at once";
    const delaySeconds = mayBeDelayed && random.percent(30) ? random.whole(1, 100) : 0;
    this.facts.ids.push(id);
    this.facts.priorities.set(id, priority);
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
    this.#operator.later(atMs, async () => {
      const [made] = await this.#operator.insist(async () => {
        const results = await this.world.client().enqueue(QUEUE, [task]);
        for (const result of results)
          if ("problem" in result) throw new Error(result.problem.detail);
        return results;
      });
      this.facts.sinceMs.set(id, this.world.nowMs + delaySeconds * 1000);
      this.#operator.note(`${id} is ${made && "outcome" in made ? made.outcome : "?"}`);
    });
    if (this.facts.kind === "storm" && random.percent(25)) {
      this.#operator.later(random.whole(5000, ENQUEUES_WITHIN_MS + 100_000), () =>
        this.#cancel(id),
      );
    }
  }

  async #cancel(id: string): Promise<void> {
    this.facts.cancelled.set(id, null);
    const task = await this.#operator.insist(() => this.world.client().cancel(id));
    this.facts.cancelled.set(id, task);
  }

  #planPause(): void {
    const { random } = this.world;
    const fromMs = random.whole(5000, ENQUEUES_WITHIN_MS);
    this.#operator.later(fromMs, () => this.#pause(true));
    this.#operator.later(fromMs + random.whole(20_000, 100_000), () => this.#pause(false));
  }

  async #pause(paused: boolean): Promise<void> {
    if (!paused) this.facts.isPaused = false;
    await this.#operator.insist(() => this.world.client().setQueue(QUEUE, { paused }));
    this.facts.isPaused = paused;
    this.facts.pausedAtMs = this.world.nowMs;
  }

  #makeTrouble(): void {
    const { random, scheduler, platform } = this.world;
    this.world.planCrashes();
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
    const concurrency = this.facts.kind === "order" ? 1 : random.whole(1, 2);
    scheduler.later(
      1,
      () => {
        const own = new AbortController();
        const options = {
          leaseSeconds,
          concurrency: this.facts.kind === "at once" ? 12 : concurrency,
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
    if (this.facts.kind !== "storm") return;
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
    this.facts.checkBegin(run);
    if (JSON.stringify(input) !== JSON.stringify({ of: id })) {
      world.violate("no task lost", `${id} comes with the input ${JSON.stringify(input)}`);
    }
    try {
      await pause(random.whole(100, 60_000), signal);
      if (signal.aborted) await pause(random.whole(0, (GRACE_SECONDS * 1000) / 2));
      signal.throwIfAborted();
      if (this.facts.kind === "storm" && random.percent(10)) throw new Error("out of memory");
      run.isDone = true;
      return { attempt };
    } finally {
      world.note(machine.name, `ends ${id}, attempt ${attempt}`);
      run.endedAtMs ??= world.nowMs;
    }
  }

  async #checkQueue(): Promise<void> {
    const state = await this.#operator.insist(() => this.world.client().queue(QUEUE));
    const { running, pending, delayed, waitingWorkers } = state;
    if (running + pending + delayed + waitingWorkers > 0) {
      this.world.violate("no slot leaks", JSON.stringify(state));
    }
  }
}
