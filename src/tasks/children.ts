import { type AdoptAnswer, type AdoptRequest, adopt } from "./adoption.ts";
import { isBeingMade } from "./doubt.ts";
import {
  type ChildReport,
  type ChildRow,
  type Family,
  type FamilyLatch,
  latchOf,
  MAX_SETTLED_CHILDREN,
  NO_FAMILY,
  parentOf,
  withRow,
} from "./family.ts";
import { Sweeper, type SweeperPort } from "./sweeper.ts";
import type { Task } from "./task.ts";
import type { Relatives } from "./task-stub.ts";
import { doubtsAsked, heard, withDue, withNews, withSweep } from "./telling.ts";
import { earliest } from "./timers.ts";
import { ANSWERS_WITHIN_MS } from "./visits.ts";

/** A task's children: adopts them, stores their reports, and makes sure they hear of a cancel. */
export class Children {
  readonly #port: SweeperPort;
  readonly #sweeper: Sweeper;
  /** Undefined if not loaded since the object woke. */
  #family: Family | null | undefined;

  /** `apply` runs a change, and stores it in one turn with what it means for the task. */
  constructor(port: SweeperPort, apply: (change: () => void) => Promise<void>) {
    this.#port = port;
    this.#sweeper = new Sweeper(port, {
      known: () => this.#known(),
      store: (family) => this.#store(family),
      replaced: (family, row, after) => this.#replaced(family, row, after),
      apply,
    });
  }

  /** Returns null if the task never had a child. */
  familyOf(task: Task | null): Family | null {
    if (!task?.hasChildren) return null;
    if (this.#family === undefined) this.#family = this.#port.children.loadFamily();
    return this.#family;
  }

  /** When the alarm must next look at the children, or null if there is nothing to do. */
  dueAtMs(task: Task | null): number | null {
    const { sweep, doubtAtMs = null } = this.familyOf(task) ?? NO_FAMILY;
    return earliest(sweep?.dueAtMs ?? null, doubtAtMs);
  }

  adopt(task: Task, request: AdoptRequest): AdoptAnswer {
    const { id, children } = this.#port;
    const family = this.familyOf(task) ?? { ...NO_FAMILY, latch: latchOf(task) };
    const { ancestors } = task;
    const row = task.hasChildren ? children.child(request.child) : null;
    const { answer, stored } = adopt({ id, ancestors, family }, row, request, this.#port.now());
    if (stored !== null) {
      if (stored.row !== null) {
        this.#sweeper.forgetAnswers(stored.row.id);
        children.store(stored.row);
      }
      this.#store(stored.family);
    }
    return answer;
  }

  has(task: Task | null, id: string): boolean {
    return task?.hasChildren === true && this.#port.children.child(id) !== null;
  }

  /** The task with its newest children. */
  relativesOf(task: Task, limit: number): Relatives {
    const { children } = this.#port;
    return {
      parent: parentOf(task),
      status: task.status,
      descendants: this.familyOf(task)?.counts ?? null,
      children: task.hasChildren ? children.newest(limit).map(({ id }) => id) : [],
      count: task.hasChildren ? children.count() : 0,
    };
  }

  /** Stores a child's report, if it is newer than the last one. */
  report(report: ChildReport): void {
    const row = this.#port.children.child(report.id);
    const after = row && heard(row, report);
    if (row !== null && after !== null) this.#store(this.#replaced(this.#known(), row, after));
  }

  /** Handles a child that is about to be forgotten. Returns whether a Worker may still create it. */
  leaves(id: string): boolean {
    this.#sweeper.forgetAnswers(id);
    const row = this.#port.children.child(id);
    return row !== null && isBeingMade(this.#known(), row, this.#port.now());
  }

  /** Starts telling the children that the task was cancelled. */
  cancel(latch: FamilyLatch): void {
    const family = this.#known();
    if (family.latch !== null) return;
    const atMs = Math.max(latch.atMs, family.lastAdoptedAtMs);
    this.#begin({ ...family, latch: { ...latch, atMs } });
  }

  /** Starts cancelling the children that were adopted before this one. */
  supersede(id: string, requestedBy: string | null = null): void {
    const family = this.#known();
    const row = this.#port.children.child(id);
    if (row === null || (family.superseder?.adoptedAtMs ?? 0) >= row.adoptedAtMs) return;
    this.#begin({ ...family, superseder: { id, adoptedAtMs: row.adoptedAtMs, requestedBy } });
  }

  /** Starts asking all living children for their state, because the task is due to be forgotten. */
  askAll(nextAtMs: number): void {
    this.#begin({ ...this.#known(), askAtMs: nextAtMs }, true);
  }

  /** Asks one child for its state, because its row may be wrong. */
  async check(id: string): Promise<void> {
    const row = this.#port.children.child(id);
    if (row !== null) await this.#sweeper.ask(row);
  }

  /** Starts what is due, without waiting for it. */
  resume(): void {
    const nowMs = this.#port.now();
    const known = this.#known();
    const asking = doubtsAsked(known, nowMs);
    if (asking !== null) this.#store(asking);
    this.#sweeper.giveUp();
    const family = asking ?? known;
    if (family.sweep === null || nowMs < family.sweep.dueAtMs) return;
    this.#store(withDue(family, nowMs + ANSWERS_WITHIN_MS));
    void this.sweep();
  }

  /** Visits every child that must be told or asked something. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep();
  }

  forget(): void {
    this.#family = null;
    this.#sweeper.stop();
  }

  /**
   * Puts one row in another's place, or drops it if `after` is null. Returns the changed family. If
   * there are too many settled children, it drops the oldest.
   */
  #replaced(family: Family, row: ChildRow, after: ChildRow | null): Family {
    const { children } = this.#port;
    if (after === null) children.drop(row.id);
    else children.store(after);
    const changed = withRow(family, row, after);
    const heard = after === null ? changed : withNews(changed, row, after, this.#port.now());
    const count = heard.settled > MAX_SETTLED_CHILDREN ? MAX_SETTLED_CHILDREN / 2 : 0;
    if (count > 0) children.dropSettled(count);
    return { ...heard, settled: heard.settled - count };
  }

  #begin(family: Family, isAsking = false): void {
    this.#store(withSweep(family, this.#port.now() + ANSWERS_WITHIN_MS, isAsking));
  }

  #known(): Family {
    return this.#family ?? this.#port.children.loadFamily() ?? NO_FAMILY;
  }

  #store(family: Family): void {
    // Disk first: if the write fails, memory is not ahead of it.
    this.#port.children.storeFamily(family);
    this.#family = family;
  }
}
