import type { Descendants, TaskState } from "../../../worker-client/index.ts";
import { EPOCH_MS } from "../simulation/scheduler.ts";
import type { PlatformWorld } from "./platform-world.ts";

/** Everything has been asked by then. */
const ASKED_BY_MS = 300_000;
/** Work that nobody cancels ends so long after the last trouble. */
const WORK_ENDS_AFTER_MS = 900_000;
/** By then everything below a cancelled task has heard of it. */
const TOLD_WITHIN_MS = 800_000;

/** A task that is to be made, and what was asked of it when. */
export interface PlannedTask {
  readonly id: string;
  readonly parent: string | null;
  readonly staysOn: boolean;
  readonly supersedes: boolean;
  askedAtMs: number;
  madeAtMs: number;
  cancelAskedAtMs: number;
  cancelledAtMs: number;
}

type States = ReadonlyMap<string, TaskState>;

/** What was asked of tasks in trees, and the check of what came of it. */
export class TreeFacts {
  readonly world: PlatformWorld;
  readonly tasks = new Map<string, PlannedTask>();
  /** Every cancel of many that was asked for. */
  readonly bulks: ((task: PlannedTask) => boolean)[] = [];

  constructor(world: PlatformWorld) {
    this.world = world;
  }

  plan(
    id: string,
    { parent = null, staysOn = false, supersedes = false }: Partial<PlannedTask> = {},
  ): PlannedTask {
    const never = Number.POSITIVE_INFINITY;
    const times = {
      askedAtMs: never,
      madeAtMs: never,
      cancelAskedAtMs: never,
      cancelledAtMs: never,
    };
    const task = { id, parent, staysOn, supersedes, ...times };
    this.tasks.set(id, task);
    return task;
  }

  /** Once everything has settled. */
  check(states: States): void {
    for (const task of this.tasks.values()) {
      const state = states.get(task.id);
      if (state === undefined) {
        this.world.violate("tree", `${task.id} is not known`);
        continue;
      }
      const stopsAtMs = this.#stopsAtMs(task, states);
      if (stopsAtMs !== null && !hasStopped(state, this.#toldByMs(stopsAtMs))) {
        this.world.violate("tree", `${task.id} goes on: it should be cancelled`);
      }
      this.#checkBirth(task, state, states);
      this.#checkCause(task, state, states);
      this.#checkCounts(task.id, state, states);
      this.#checkPeace(task.id);
    }
  }

  /** When the last work ends that nobody cancels. */
  get workEndsAtMs(): number {
    return this.#quietAtMs + WORK_ENDS_AFTER_MS;
  }

  get #quietAtMs(): number {
    return Math.max(this.world.healsAtMs, ASKED_BY_MS);
  }

  #toldByMs(fromMs: number): number {
    return Math.max(fromMs, this.#quietAtMs) + TOLD_WITHIN_MS;
  }

  /** When something has happened that a task is cancelled for; null: nothing has. */
  #stopsAtMs(task: PlannedTask, states: States): number | null {
    const times = [task.cancelledAtMs, this.#cancelledAboveAtMs(task, states, task.madeAtMs)];
    for (const other of this.#siblings(task, states)) {
      const state = states.get(other.id);
      const wasBornCancelled = state?.cancellation?.requestedAt === state?.createdAt;
      const isLater = other.askedAtMs > task.madeAtMs;
      if (other.supersedes && isLater && !wasBornCancelled) times.push(other.madeAtMs);
    }
    const atMs = Math.min(...times);
    return atMs === Number.POSITIVE_INFINITY ? null : atMs;
  }

  /** When a cancel came down to a task; from one that had ended, only to what was there already. */
  #cancelledAboveAtMs(task: PlannedTask, states: States, madeAtMs: number): number {
    const parent = this.#parentOf(task, states);
    if (parent === null || task.staysOn) return Number.POSITIVE_INFINITY;
    const atMs = Math.min(
      parent.cancelAskedAtMs,
      this.#cancelledAboveAtMs(parent, states, madeAtMs),
    );
    const cameAtMs = madeAtMs < atMs ? atMs : Number.POSITIVE_INFINITY;
    return Math.min(cancelledAtMs(states.get(parent.id)), cameAtMs);
  }

  /** A task that was known before it was made, to its children for example, stays without one. */
  #parentOf({ id }: PlannedTask, states: States): PlannedTask | null {
    return this.tasks.get(states.get(id)?.parent ?? "") ?? null;
  }

  #siblings(task: PlannedTask, states: States): PlannedTask[] {
    const parent = this.#parentOf(task, states);
    if (parent === null) return [];
    const others = [...this.tasks.values()].filter((other) => other !== task);
    return others.filter((other) => this.#parentOf(other, states) === parent);
  }

  /** A task never runs if its parent was cancelled before anybody asked for it. */
  #checkBirth(task: PlannedTask, { parent, attempts }: TaskState, states: States): void {
    const isLate = task.askedAtMs > cancelledAtMs(states.get(parent ?? ""));
    if (!isLate || task.staysOn || attempts.length === 0) return;
    this.world.violate("tree", `${task.id} has run, and its parent was cancelled before`);
  }

  /** Nobody is cancelled for nothing. */
  #checkCause(task: PlannedTask, { cancellation }: TaskState, states: States): void {
    const cause = cancellation?.cause;
    if (cause === undefined || this.#hasCause(task, cause, states)) return;
    this.world.violate("I4", `${task.id} is cancelled (${cause}), and nobody asked for it`);
  }

  #hasCause(task: PlannedTask, cause: string, states: States): boolean {
    switch (cause) {
      case "request":
        return this.#isAskedToStop(task);
      case "superseded":
        return this.#siblings(task, states).some(({ supersedes }) => supersedes);
      case "parent":
        return this.#mayStopAbove(task, states);
      default:
        return false;
    }
  }

  #isAskedToStop(task: PlannedTask): boolean {
    const isAsked = task.cancelAskedAtMs < Number.POSITIVE_INFINITY;
    return isAsked || this.bulks.some((selects) => selects(task));
  }

  #mayStopAbove(task: PlannedTask, states: States): boolean {
    const parent = this.#parentOf(task, states);
    if (parent === null || task.staysOn) return false;
    const isCancelled = states.get(parent.id)?.cancellation != null;
    const isReplaced = this.#siblings(parent, states).some(({ supersedes }) => supersedes);
    if (isCancelled || isReplaced || this.#isAskedToStop(parent)) return true;
    return this.#mayStopAbove(parent, states);
  }

  /** What a task says of everything below it. */
  #checkCounts(id: string, { descendants }: TaskState, states: States): void {
    const below = [...states.values()].filter((state) => this.#isBelow(state, id, states));
    if (below.length === 0) return;
    const ended = below.filter(({ endedAt }) => endedAt !== null);
    const acknowledged = below.filter(({ cancellation }) => cancellation?.acknowledgedAt != null);
    const said: Partial<Descendants> = descendants ?? {};
    const isRight =
      said.total === below.length &&
      said.ended === ended.length &&
      said.acknowledged === acknowledged.length;
    if (isRight) return;
    const counted = `${below.length}, ${ended.length}, ${acknowledged.length}`;
    this.world.violate("tree", `${id} says ${JSON.stringify(said)}, and below it are ${counted}`);
  }

  #isBelow({ parent }: TaskState, id: string, states: States): boolean {
    if (parent === null || parent === id) return parent === id;
    const next = states.get(parent);
    return next !== undefined && this.#isBelow(next, id, states);
  }

  /** Nothing is left to be told. */
  #checkPeace(id: string): void {
    const storage = this.world.platform.find("TaskObject", id)?.storage;
    const left = [
      ...entriesIn(storage?.peek("task"), "outbox"),
      ...entriesIn(storage?.peek("family"), "sweep"),
    ];
    if (left.length > 0) {
      this.world.violate("tree", `${id} still has to tell ${JSON.stringify(left)}`);
    }
  }
}

function cancelledAtMs(state: TaskState | undefined): number {
  const requestedAt = state?.cancellation?.requestedAt;
  return requestedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(requestedAt) - EPOCH_MS;
}

/** Whether a task was cancelled in time, or had ended before it had to hear of that. */
function hasStopped(state: TaskState, toldByMs: number): boolean {
  if (state.endedAt === null) return false;
  return Math.min(cancelledAtMs(state), Date.parse(state.endedAt) - EPOCH_MS) < toldByMs;
}

/** What stands under a key of something stored, as a list. */
function entriesIn(stored: unknown, key: string): unknown[] {
  if (typeof stored !== "object" || stored === null) return [];
  const value: unknown = Reflect.get(stored, key);
  return [value ?? []].flat();
}
