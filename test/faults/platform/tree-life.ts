import { forgetKnownWebhooks } from "../../../src/webhooks/announce.ts";
import {
  ServiceUnreachableError,
  type TaskRun,
  type TaskSelection,
  type TaskState,
} from "../../../worker-client/index.ts";
import { pause } from "../pause.ts";
import { Machine } from "../simulation/scheduler.ts";
import { ListFacts } from "./list-facts.ts";
import { Operator } from "./operator.ts";
import type { PlatformWorld } from "./platform-world.ts";
import { RECEIVER_HOST, Receiver, SECRET } from "./receiver.ts";
import { type PlannedTask, TreeFacts } from "./tree-facts.ts";

/**
 * How the lives of trees differ. In a wide one, a task has more children than it tells at once. In a slow
 * one nothing gets lost, but much overtakes; in an unheard one, what the directory is told gets lost, too.
 * In a lonely one nothing wakes a task that is killed at its end.
 */
export type Kind = "storm" | "wide" | "slow" | "unheard" | "lonely";

const MADE_WITHIN_MS = 60_000;
const EACH_AFTER_MS = 4000;
const QUIET_FROM_MS = 150_000;
const QUIET_MS = 70_000;
/** So long the service may know nothing of a new webhook. */
const KNOWN_AFTER_MS = 12_000;
/** A child that was never made is forgotten, and an event that was refused four times is tried again. */
const SETTLES_AFTER_MS = 4 * 3_600_000;
const GRACE_SECONDS = 10;
const WIDTH = 110;
const KILLED_WITHIN_MS = 10_000;

/** A life of some tasks in trees, with a list of them, a cancel of many, and two webhooks. */
export class TreeLife {
  readonly facts: TreeFacts;
  readonly #world: PlatformWorld;
  readonly #kind: Kind;
  readonly #operator: Operator;
  readonly #lists: ListFacts;
  readonly #receiver: Receiver;
  #machines = 0;

  constructor(world: PlatformWorld, kind: Kind) {
    this.#world = world;
    this.#kind = kind;
    this.#operator = new Operator(world);
    this.#lists = new ListFacts(world, this.#operator, kind === "slow");
    this.#receiver = new Receiver(world);
    this.facts = new TreeFacts(world);
  }

  get #isSlow(): boolean {
    return this.#kind === "slow" || this.#kind === "unheard";
  }

  async live(): Promise<this> {
    const { scheduler, healsAtMs } = this.#world;
    const restore = this.#world.install();
    forgetKnownWebhooks();
    try {
      this.#operator.later(1, () => this.#begin());
      if (!this.#isSlow) this.#world.planCrashes();
      const settledAtMs = healsAtMs + SETTLES_AFTER_MS;
      if (await scheduler.runUntil(settledAtMs)) {
        this.#operator.later(1, () => this.#check());
        await scheduler.runUntil(settledAtMs + MADE_WITHIN_MS);
      } else {
        this.#world.violate("no rush", `so much happens: ${scheduler.eventsHappened} events`);
      }
    } finally {
      restore();
    }
    return this;
  }

  async #begin(): Promise<void> {
    for (const path of ["events", "gone"]) await this.#putWebhook(path);
    await pause(KNOWN_AFTER_MS);
    const { random } = this.#world;
    if (this.#kind === "wide") this.#planWide();
    else if (this.#kind === "lonely") this.#planLonely();
    else this.#planTrees();
    const tasks = [...this.facts.tasks.values()];
    for (let left = random.whole(1, 3); left > 0; left--) {
      const task = tasks[random.whole(0, tasks.length - 1)];
      if (task) this.#operator.later(random.whole(1, 2 * MADE_WITHIN_MS), () => this.#cancel(task));
    }
    if (this.#isSlow) this.#planOvertaking();
    else {
      if (random.percent(50)) this.#planBulk();
      else this.#operator.later(3 * MADE_WITHIN_MS, () => this.#cancelEnded());
      void this.#watchLists();
    }
  }

  /** What the directory has not heard of for a minute is asked, and changes just then. */
  #planOvertaking(): void {
    const { random } = this.#world;
    for (const task of this.facts.tasks.values()) {
      const atMs = QUIET_FROM_MS + QUIET_MS + random.whole(0, 3000);
      this.#operator.later(atMs, () => this.#cancel(task));
    }
    void this.#watchLists(this.#world.nowMs + QUIET_FROM_MS);
    for (let readers = 0; readers < 4; readers++) {
      const atMs = QUIET_FROM_MS + QUIET_MS + readers * 700;
      this.#operator.later(atMs, () => this.#watchLists());
    }
  }

  /** What lives below a task is cancelled also if the task itself has ended. */
  async #cancelEnded(): Promise<void> {
    for (const task of this.facts.tasks.values()) {
      const state = await this.#operator.insist(() => this.#world.client().get(task.id));
      if (state?.status === "succeeded") await this.#cancel(task);
    }
  }

  #watchLists(endMs = this.#world.healsAtMs + MADE_WITHIN_MS): Promise<void> {
    return this.#lists.watchUntil(endMs, this.facts.tasks.keys());
  }

  async #putWebhook(path: string): Promise<void> {
    const url = `https://${RECEIVER_HOST}/${path}`;
    const body = { url, secret: SECRET, prefix: "t-" };
    await this.#operator.insist(() => this.#world.ask("PUT", `webhooks/${path}`, body));
  }

  #planTrees(): void {
    const { random } = this.#world;
    const ids: [string, ...string[]] = ["t-0"];
    this.#planTask(this.facts.plan("t-0"), 1);
    for (let number = random.whole(4, 11); number > 0; number--) {
      const id = `t-${ids.length}`;
      const parent = random.percent(90) ? random.one(ids) : null;
      const staysOn = random.percent(15);
      const supersedes = parent !== null && random.percent(20);
      const task = this.facts.plan(id, { parent, staysOn, supersedes });
      this.#planTask(task, ids.length * EACH_AFTER_MS);
      ids.push(id);
    }
  }

  #planTask(task: PlannedTask, afterMs: number): void {
    const { random } = this.#world;
    const atMs = afterMs + random.whole(0, 3 * EACH_AFTER_MS);
    if (!task.supersedes && random.percent(40)) {
      this.#boot(task, false, atMs);
      return;
    }
    this.#operator.later(atMs, () => this.#declare(task));
    if (random.percent(70)) this.#boot(task, true, atMs + random.whole(1, MADE_WITHIN_MS));
  }

  #planWide(): void {
    const { random } = this.#world;
    const root = this.facts.plan("w");
    this.#operator.later(1, () => this.#declare(root));
    for (let number = 0; number < WIDTH; number++) {
      const task = this.facts.plan(`w-${number}`, { parent: "w" });
      this.#operator.later(random.whole(1, MADE_WITHIN_MS), () => this.#declare(task));
    }
    this.#operator.later(MADE_WITHIN_MS + 1000, () =>
      random.percent(60) ? this.#cancel(root) : this.#cancelAll({ prefix: "w-" }),
    );
  }

  #planLonely(): void {
    const { random } = this.#world;
    for (let number = 0; number < WIDTH; number++) {
      const task = this.facts.plan(`w-${number}`);
      this.#operator.later(random.whole(1, MADE_WITHIN_MS), () => this.#declare(task));
    }
    this.#operator.later(MADE_WITHIN_MS + 1000, () => {
      void this.#cancelAll({ prefix: "w-" });
      void this.#killEnded();
    });
  }

  /** Of the tasks that end soon, about half are killed before they can tell anybody. */
  async #killEnded(): Promise<void> {
    const { platform, random, nowMs } = this.#world;
    const endMs = nowMs + KILLED_WITHIN_MS;
    const left = new Set(this.facts.tasks.keys());
    while (this.#world.nowMs < endMs) {
      for (const id of left) {
        const object = platform.find("TaskObject", id);
        const task = object?.storage.isWriting ? null : object?.storage.peek("task");
        if (typeof task !== "object" || task === null || !("endedAtMs" in task)) continue;
        left.delete(id);
        if (random.percent(50)) object?.crash();
      }
      await pause(1);
    }
  }

  #planBulk(): void {
    const { random } = this.#world;
    const select = random.one([{ prefix: "t-1" }, { prefix: "t-" }, { parent: "t-0" }]);
    this.#operator.later(random.whole(20_000, 3 * MADE_WITHIN_MS), () => this.#cancelAll(select));
  }

  async #cancelAll(select: TaskSelection): Promise<void> {
    this.facts.bulks.push(({ id, parent }) => {
      return parent === select.parent || id.startsWith(select.prefix ?? "?");
    });
    await this.#lists.cancelAll(select);
  }

  async #declare(task: PlannedTask): Promise<void> {
    const { id, parent, supersedes: supersede } = task;
    await this.#made(parent);
    task.askedAtMs = Math.min(task.askedAtMs, this.#world.nowMs);
    const body = { parent, supersede, ...optionsOf(task) };
    await this.#operator.insist(() => this.#world.client().declare(id, body));
    task.madeAtMs = Math.min(task.madeAtMs, this.#world.nowMs);
  }

  /** Whatever is known of a task before it is made, it has no parent. */
  async #made(id: string | null): Promise<void> {
    const task = this.facts.tasks.get(id ?? "");
    while (task?.madeAtMs === Number.POSITIVE_INFINITY) await pause(1000);
  }

  async #cancel(task: PlannedTask): Promise<void> {
    await this.#made(task.id);
    task.cancelAskedAtMs = Math.min(task.cancelAskedAtMs, this.#world.nowMs);
    await this.#operator.insist(() => this.#world.client().cancel(task.id));
    task.cancelledAtMs = Math.min(task.cancelledAtMs, this.#world.nowMs);
  }

  /** A worker on a machine of its own runs a task, and makes it unless it is declared. */
  #boot(task: PlannedTask, isDeclared: boolean, delayMs: number): void {
    const { random, scheduler, network } = this.#world;
    const machine = new Machine(`worker ${++this.#machines}`);
    scheduler.later(delayMs, () => void this.#run(task, isDeclared, machine), machine);
    if (this.#isSlow || random.percent(70)) return;
    const cutMs = random.whole(1000, 2 * MADE_WITHIN_MS);
    scheduler.later(delayMs + random.whole(1, 100_000), () => network.cutOff(machine, cutMs));
  }

  async #run(task: PlannedTask, isDeclared: boolean, machine: Machine): Promise<void> {
    const { id } = task;
    const { parent } = task;
    await this.#made(isDeclared ? id : parent);
    task.askedAtMs = Math.min(task.askedAtMs, this.#world.nowMs);
    // A run in a command of another task names only its parent.
    const options = isDeclared ? { parent } : { parent, ...optionsOf(task) };
    let isStarted = false;
    const start = () => {
      isStarted = true;
      task.madeAtMs = Math.min(task.madeAtMs, this.#world.nowMs);
    };
    const work = (run: TaskRun) => {
      start();
      return this.#work(run);
    };
    while (!isStarted) {
      try {
        await this.#world.client().run(id, work, options);
      } catch (error) {
        this.#world.note(machine.name, `${id}: ${error}`);
        if (!(error instanceof ServiceUnreachableError)) start();
      }
    }
  }

  async #work({ signal }: TaskRun): Promise<void> {
    const { random, nowMs } = this.#world;
    const untilEndMs = this.facts.workEndsAtMs - nowMs;
    const isLong = random.percent(60);
    await pause(isLong ? untilEndMs : random.whole(1000, 100_000), signal);
    if (!signal.aborted) return;
    await pause(random.percent(10) ? 2 * MADE_WITHIN_MS : random.whole(0, 3000));
    throw signal.reason;
  }

  async #check(): Promise<void> {
    const states = new Map<string, TaskState>();
    for (const id of this.facts.tasks.keys()) {
      const state = await this.#operator.insist(() => this.#world.client().get(id));
      if (state !== null) states.set(id, state);
    }
    this.facts.check(states);
    await this.#lists.check(states);
    await this.#receiver.check(states, this.#operator);
  }
}

function optionsOf({ staysOn }: PlannedTask) {
  const onParentCancel = staysOn ? "ignore" : "cancel";
  return { onParentCancel, gracePeriodSeconds: GRACE_SECONDS } as const;
}
