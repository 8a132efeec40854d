import type { AdoptAnswer, AdoptRequest } from "./adoption.ts";
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
import { type Farewell, isOutdated, remainsOf } from "./remains.ts";
import { isEnded, newTask, type Task } from "./task.ts";
import type { TaskPort } from "./task-port.ts";
import type { Relatives } from "./task-stub.ts";
import type { ChildAnswer, ChildNews, ParentVisit } from "./telling.ts";

/** A parent that is to be forgotten asks its children so often whether they still live. */
const ASKS_EVERY_MS = 3_600_000;

/** What the core of a task does for its kinship. */
interface Kin {
  command(command: TaskCommand): Promise<unknown>;
  /** Sends what stands in the outbox. */
  send(task: Task): void;
  /** The alarm rings then or earlier; null: it may not be set. */
  armedAtMs(task: Task | null): number | null;
  arm(task: Task | null, armedAtMs: number | null): Promise<void>;
  /** Nothing below the task lives any more. */
  settled(task: Task): void;
}

/**
 * A task in its tree: what it is to its parent and to its children. A task without either pays for
 * none of it.
 */
export class Kinship {
  readonly #port: TaskPort;
  readonly #task: Kin;
  readonly #children: Children;
  /** The number of the last report that the parent has taken. */
  #reportedAt = 0;
  /** What the parent has adopted up to then may still make the task; null: nothing. */
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
      (change) => this.#happened(change),
    );
  }

  /** All that is below the task; null: it never had a child. */
  countsOf(task: Task | null): Counts | null {
    return this.#children.familyOf(task)?.counts ?? null;
  }

  /** Whether anything below the task has not ended. */
  livesBelow(task: Task | null): boolean {
    return lives(this.countsOf(task) ?? NO_COUNTS);
  }

  /** Whether something lives below the task or may only just be made: it is not forgotten before. */
  isNeeded(task: Task | null): boolean {
    const family = this.#children.familyOf(task);
    return family !== null && (lives(family.counts) || isExpecting(family, this.#port.now()));
  }

  /** When something is to be done for the children, or for what remains; null: nothing is. */
  dueAtMs(task: Task | null): number | null {
    return task === null ? (this.#port.remains()?.untilMs ?? null) : this.#children.dueAtMs(task);
  }

  /** Whether a command would make a forgotten task without a cancel of its parent. */
  isOutdated(task: Task | null, command: TaskCommand): boolean {
    return task === null && isOutdated(this.#port.remains(), command, this.#port.now());
  }

  /** When a task that has ended is forgotten, at the earliest. */
  forgetAtMs(task: Task, atMs: number | null): number | null {
    if (atMs === null || !isEnded(task) || !this.isNeeded(task)) return atMs;
    return Math.max(atMs, this.#children.familyOf(task)?.askAtMs ?? 0);
  }

  /** Takes in a child before it is made. A parent that nobody has declared waits from now on. */
  async adopt(request: AdoptRequest): Promise<AdoptAnswer> {
    const before = this.#port.load();
    const armedAtMs = this.#task.armedAtMs(before);
    const parent = before ?? madeByChild(this.#port.now());
    const known = this.#children.familyOf(before);
    const answer = this.#children.adopt(parent, request);
    const family = this.#children.familyOf({ ...parent, hasChildren: true });
    if (family?.version === known?.version) return answer;
    const task = this.#reporting({ ...parent, hasChildren: true });
    if (task !== before && (!parent.hasChildren || task.outbox !== parent.outbox)) {
      this.#port.store(task);
    }
    if (before === null) this.#port.hint(task);
    this.#task.send(task);
    await this.#task.arm(task, armedAtMs);
    return answer;
  }

  /** The task with its newest children; null: it is not known. */
  relatives(limit: number): Relatives | null {
    const task = this.#port.load();
    if (task === null) return null;
    const { children } = this.#port;
    return {
      parent: parentOf(task),
      status: task.status,
      descendants: this.countsOf(task),
      children: task.hasChildren ? children.newest(limit).map(({ id }) => id) : [],
      count: task.hasChildren ? children.count() : 0,
    };
  }

  /** A child has something to say. */
  async hearChild(news: ChildNews): Promise<Farewell | null> {
    if (this.#port.load()?.hasChildren !== true) return null;
    switch (news.type) {
      case "report":
        await this.#happened(() => this.#children.report(news.report));
        break;
      case "supersede":
        await this.#happened(() => this.#children.supersede(news.child, news.requestedBy));
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

  /** The parent cancels the task, or asks how it is. */
  async hearParent({ parent, cancel }: ParentVisit): Promise<ChildAnswer> {
    this.#visits += 1;
    const task = this.#port.load();
    if (task !== null && parentOf(task) !== parent) return { kind: "not_child" };
    if (cancel === null) {
      return task === null ? { kind: "unknown" } : { kind: "report", report: this.#reportOf(task) };
    }
    await this.#task.command({ type: "cancel", ...cancel, parent, gracePeriodSeconds: null });
    const after = this.#port.load();
    // It was forgotten meanwhile, so it has ended.
    if (after === null) return { kind: "unknown" };
    return { kind: "report", report: this.#reportOf(after) };
  }

  /** Tells the parent what it must learn, and everybody else through the platform. */
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

  /** Whether an effect was sent as it would be now: the counts may have changed on its way. */
  isSettled({ type }: Effect, task: Task): boolean {
    return type !== "parent.report" || this.#reportOf(task).at === this.#reportedAt;
  }

  /** The task has changed, in the same turn: a cancel goes on to its children. */
  follow(task: Task): void {
    const latch = task.hasChildren ? latchOf(task) : null;
    if (latch !== null) this.#children.cancel(latch);
  }

  /** A cancel of a task that has ended still goes on to what lives below it. */
  async passOn(task: Task, command: TaskCommand): Promise<void> {
    if (command.type !== "cancel" || !isEnded(task) || !this.livesBelow(task)) return;
    const { reason, requestedBy } = command;
    const latch = { reason, requestedBy, atMs: this.#port.now() };
    await this.#happened(() => this.#children.cancel(latch));
    void this.#children.sweep();
  }

  /** Its time is over, but not that of all below it. */
  async stay(): Promise<void> {
    const task = this.#port.load();
    const nowMs = this.#port.now();
    if (nowMs < (this.#children.familyOf(task)?.askAtMs ?? 0)) return this.#task.arm(task, null);
    await this.#happened(() => this.#children.askAll(nowMs + ASKS_EVERY_MS));
    void this.#children.sweep();
  }

  /** Visits the children that are to be visited by now. */
  goOn(task: Task | null): void {
    if (task === null && this.#port.now() >= (this.dueAtMs(task) ?? Number.POSITIVE_INFINITY)) {
      void this.#port.clear(null);
    }
    if (this.#children.familyOf(task) !== null) this.#children.goOn();
  }

  /** Begins to tell the children what the task has just learnt. */
  begin(task: Task): void {
    if (this.dueAtMs(task) !== null) void this.#children.sweep();
  }

  /** Nothing of the task is kept but what remains of a child. */
  async forget(): Promise<void> {
    this.#children.forget();
    await this.#port.clear(remainsOf(this.#port.remains(), this.#adoptedByMs, this.#port.now()));
    this.#adoptedByMs = null;
  }

  /**
   * Tells the parent that the task is about to be forgotten, and learns whether a Worker may be making it
   * by an earlier adoption. `isAsked`: somebody wants it to be forgotten, and its time is not over.
   * Returns false if the task has changed or the parent has called meanwhile; rejects if the parent
   * cannot be reached.
   */
  async leave(task: Task | null, isAsked: boolean): Promise<boolean> {
    const parent = task && parentOf(task);
    if (parent === null) return true;
    const visits = this.#visits;
    const child = this.#port.id;
    const farewell = await this.#port.reach(parent).hearChild({ type: "forgotten", child });
    const nowMs = this.#port.now();
    // A parent that was forgotten first knows of no adoption. Long after the end of a task there is none.
    const { adoptedByMs } = farewell ?? { adoptedByMs: isAsked ? nowMs : null };
    this.#adoptedByMs = adoptedByMs;
    return this.#port.load() === task && this.#visits === visits;
  }

  /** Stores what has happened to the children, and everything that follows from it, in one turn. */
  async #happened(change: () => void): Promise<void> {
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

  /** The task with a report to its parent in its outbox, if it has one. */
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

/** A parent that nobody has declared, as a declaration that says nothing would make it. */
function madeByChild(nowMs: number): Task {
  const task = newTask(nowMs);
  return { ...task, revision: task.revision + 1 };
}
