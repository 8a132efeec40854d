import { type AdoptAnswer, type AdoptRequest, PASSED } from "./adoption.ts";
import { Children } from "./children.ts";
import { isExpecting } from "./doubt.ts";
import { type Effect, withEffects } from "./effects.ts";
import type { TaskCommand } from "./events.ts";
import {
  type ChildReport,
  type Counts,
  latchOf,
  lives,
  NO_COUNTS,
  parentOf,
  reportOf,
} from "./family.ts";
import { isEnded, newTask, type Task } from "./task.ts";
import type { TaskPort } from "./task-port.ts";
import type { Relatives } from "./task-stub.ts";
import type { ChildAnswer, ChildNews, ParentVisit } from "./telling.ts";
import { type Farewell, isOutdated, tombstoneOf } from "./tombstone.ts";

/** How often a parent that is due to be forgotten asks whether its children still live. */
const ASKS_EVERY_MS = 3_600_000;

/** What `Kinship` needs from the task's core. */
interface Kin {
  command(command: TaskCommand): Promise<unknown>;
  /** Sends the outbox. */
  send(task: Task): void;
  /** When the alarm fires at the latest, or null if it may not be set. */
  armedAtMs(task: Task | null): number | null;
  arm(task: Task | null, armedAtMs: number | null): Promise<void>;
  /** Called when the task's last descendant has ended. */
  settled(task: Task): void;
}

/**
 * A task in its tree: what it does for its parent and its children. A task with neither pays
 * nothing for it.
 */
export class Kinship {
  readonly #port: TaskPort;
  readonly #task: Kin;
  readonly #children: Children;
  /** The number of the last report that the parent accepted. */
  #reportedAt = 0;
  /** Adoptions up to this time may still create the task. Null if none can. */
  #adoptedByMs: number | null = null;
  /** How many times the parent has called. */
  #visits = 0;

  constructor(port: TaskPort, task: Kin) {
    this.#port = port;
    this.#task = task;
    this.#children = new Children(
      {
        id: port.id,
        now: () => port.now(),
        random: () => port.random(),
        children: port.children,
        visit: (child, visit) => port.reach(child).hearParent(visit),
      },
      (change) => this.#apply(change),
    );
  }

  /** The counts of all descendants, or null if the task never had a child. */
  countsOf(task: Task | null): Counts | null {
    return this.#children.familyOf(task)?.counts ?? null;
  }

  /** Whether a descendant has not ended. */
  livesBelow(task: Task | null): boolean {
    return lives(this.countsOf(task) ?? NO_COUNTS);
  }

  /** Whether the task must be kept, because a descendant has not ended or may still be created. */
  isNeeded(task: Task | null): boolean {
    const family = this.#children.familyOf(task);
    return family !== null && (lives(family.counts) || isExpecting(family, this.#port.now()));
  }

  /** When the alarm must next look at the children or the tombstone, or null if it need not. */
  dueAtMs(task: Task | null): number | null {
    return task === null ? (this.#port.tombstone()?.untilMs ?? null) : this.#children.dueAtMs(task);
  }

  /** Whether a command would create a forgotten task that misses its parent's cancel. */
  isOutdated(task: Task | null, command: TaskCommand): boolean {
    return task === null && isOutdated(this.#port.tombstone(), command, this.#port.now());
  }

  /** Puts off the next timer of an ended task that must still be kept. */
  forgetAtMs(task: Task, atMs: number | null): number | null {
    if (atMs === null || !isEnded(task) || !this.isNeeded(task)) return atMs;
    return Math.max(atMs, this.#children.familyOf(task)?.askAtMs ?? 0);
  }

  /** Adopts a child before it is created. Creates an unknown parent if the child is unknown, too. */
  async adopt(request: AdoptRequest): Promise<AdoptAnswer> {
    const { id } = this.#port;
    if (this.#port.load() === null && request.child !== id) {
      if ((await this.#port.reach(request.child).hint()) !== null) return PASSED;
    }
    return this.#adopt(request);
  }

  async #adopt(request: AdoptRequest): Promise<AdoptAnswer> {
    const before = this.#port.load();
    const armedAtMs = this.#task.armedAtMs(before);
    const parent = before ?? undeclaredParent(this.#port.now());
    const known = this.#children.familyOf(before);
    const answer = this.#children.adopt(parent, request);
    const family = this.#children.familyOf({ ...parent, hasChildren: true });
    if (family?.version === known?.version) return answer;
    const task = this.#reporting({ ...parent, hasChildren: true });
    if (!parent.hasChildren || task.outbox !== parent.outbox) this.#port.store(task);
    if (before === null) this.#port.hint(task);
    this.#task.send(task);
    await this.#task.arm(task, armedAtMs);
    return answer;
  }

  /** The task with its newest children, or null if it is unknown. */
  relatives(limit: number): Relatives | null {
    const task = this.#port.load();
    return task && this.#children.relativesOf(task, limit);
  }

  /** Handles a message from or about a child. */
  async hearChild(news: ChildNews): Promise<Farewell | null> {
    if (news.type === "report") await this.#adoptAgain(news.report);
    if (this.#port.load()?.hasChildren !== true) return null;
    switch (news.type) {
      case "report":
        await this.#apply(() => this.#children.report(news.report));
        break;
      case "supersede":
        await this.#apply(() => this.#children.supersede(news.child, news.requestedBy));
        void this.#children.sweep();
        break;
      case "check":
        await this.#children.check(news.child);
        break;
      case "forgotten":
        return { adoptedByMs: this.#children.leaves(news.child) ? this.#port.now() : null };
    }
    return null;
  }

  /** Adopts a child that lives again and that the task has dropped, or had before it was forgotten. */
  async #adoptAgain({ id: child, counts, staysOn }: ChildReport): Promise<void> {
    if (!lives(counts) || this.#children.has(this.#port.load(), child)) return;
    await this.#adopt({ child, staysOn: staysOn ?? false, lives: true });
  }

  /** Handles a visit from the parent, which cancels the task or asks for its state. */
  async hearParent({ parent, cancel }: ParentVisit): Promise<ChildAnswer> {
    this.#visits += 1;
    const task = this.#port.load();
    if (task !== null && parentOf(task) !== parent) return { kind: "not_child" };
    const isIgnored = cancel?.cause === "parent" && task?.staysOn === true;
    if (cancel === null || isIgnored) {
      return task === null ? { kind: "unknown" } : { kind: "report", report: this.#reportOf(task) };
    }
    await this.#task.command({ type: "cancel", ...cancel, parent, gracePeriodSeconds: null });
    const after = this.#port.load();
    // It was forgotten in the meantime, so it has ended.
    if (after === null) return { kind: "unknown" };
    return { kind: "report", report: this.#reportOf(after) };
  }

  /** Sends an effect: to the parent directly, to others through the port. */
  async send(effect: Effect): Promise<void> {
    switch (effect.type) {
      case "parent.report": {
        const task = this.#port.load();
        if (task === null) return;
        const report = this.#reportOf(task);
        await this.#port.reach(effect.parent).hearChild({ type: "report", report });
        this.#reportedAt = report.at;
        return;
      }
      case "parent.supersede": {
        const { parent, requestedBy } = effect;
        const news = { type: "supersede", child: this.#port.id, requestedBy } as const;
        await this.#port.reach(parent).hearChild(news);
        return;
      }
      default:
        return this.#port.send(effect);
    }
  }

  /** Whether a sent effect is still right: the counts in a report may have changed on its way. */
  isSettled({ type }: Effect, task: Task): boolean {
    return type !== "parent.report" || this.#reportOf(task).at === this.#reportedAt;
  }

  /** Passes a cancel on to the children, in the same turn as the task's change. */
  follow(task: Task): void {
    const latch = task.hasChildren ? latchOf(task) : null;
    if (latch !== null) this.#children.cancel(latch);
  }

  /** A cancel of an ended task still reaches its living descendants. */
  async passOn(task: Task, command: TaskCommand): Promise<void> {
    if (command.type !== "cancel" || !isEnded(task) || !this.livesBelow(task)) return;
    const { reason, requestedBy } = command;
    const latch = { reason, requestedBy, atMs: this.#port.now() };
    await this.#apply(() => this.#children.cancel(latch));
    void this.#children.sweep();
  }

  /** Keeps a task that is due to be forgotten, and asks its living children for their state. */
  async keep(): Promise<void> {
    const task = this.#port.load();
    const nowMs = this.#port.now();
    if (nowMs < (this.#children.familyOf(task)?.askAtMs ?? 0)) return this.#task.arm(task, null);
    await this.#apply(() => this.#children.askAll(nowMs + ASKS_EVERY_MS));
    void this.#children.sweep();
  }

  /** Starts the visits that are due, and deletes an expired tombstone. */
  resume(task: Task | null): void {
    if (task === null && this.#port.now() >= (this.dueAtMs(task) ?? Number.POSITIVE_INFINITY)) {
      void this.#port.clear(null);
    }
    if (this.#children.familyOf(task) !== null) this.#children.resume();
  }

  /** Starts telling the children what has changed for the task. */
  begin(task: Task): void {
    if (this.dueAtMs(task) !== null) void this.#children.sweep();
  }

  /** Deletes the task, and leaves a tombstone if one is needed. */
  async forget(): Promise<void> {
    this.#children.forget();
    await this.#port.clear(
      tombstoneOf(this.#port.tombstone(), this.#adoptedByMs, this.#port.now()),
    );
    this.#adoptedByMs = null;
  }

  /**
   * Tells the parent that the task is about to be forgotten, and learns whether a Worker may still
   * create it from an earlier adoption. `isAsked`: somebody wants it forgotten before its retention
   * is over. Returns false if the task has changed or the parent has called in the meantime.
   * Rejects if the parent cannot be reached.
   */
  async leave(task: Task | null, isAsked: boolean): Promise<boolean> {
    const parent = task && parentOf(task);
    if (parent === null) return true;
    const visits = this.#visits;
    const child = this.#port.id;
    const farewell = await this.#port.reach(parent).hearChild({ type: "forgotten", child });
    const nowMs = this.#port.now();
    // A forgotten parent knows of no adoption. Long after the task's end there is none.
    const { adoptedByMs } = farewell ?? { adoptedByMs: isAsked ? nowMs : null };
    this.#adoptedByMs = adoptedByMs;
    return this.#port.load() === task && this.#visits === visits;
  }

  /** Runs a change of the children, and stores it in one turn with everything that follows from it. */
  async #apply(change: () => void): Promise<void> {
    const before = this.#port.load();
    if (before === null || !before.hasChildren) return;
    const armedAtMs = this.#task.armedAtMs(before);
    const known = this.#children.familyOf(before);
    const lived = this.livesBelow(before);
    change();
    const hasNews = this.#children.familyOf(before)?.version !== known?.version;
    const task = hasNews ? this.#reporting(before) : before;
    if (task !== before) this.#port.store(task);
    this.#task.send(task);
    if (lived && !this.livesBelow(task)) this.#task.settled(task);
    await this.#task.arm(task, armedAtMs);
  }

  /** Returns the task with a report to its parent in its outbox, if it has a parent. */
  #reporting(task: Task): Task {
    const parent = parentOf(task);
    if (parent === null || task.outbox.some(({ effect }) => effect.type === "parent.report")) {
      return task;
    }
    return withEffects(task, [{ type: "parent.report", parent }]);
  }

  #reportOf(task: Task): ChildReport {
    return reportOf(this.#port.id, task, this.#children.familyOf(task));
  }
}

/** A parent that nobody has declared, as a declaration without settings would create it. */
function undeclaredParent(nowMs: number): Task {
  const task = newTask(nowMs);
  return { ...task, revision: task.revision + 1 };
}
