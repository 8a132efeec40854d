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
  withRow,
} from "./family.ts";
import { Sweeper, type SweeperPort } from "./sweeper.ts";
import type { Task } from "./task.ts";
import { doubtsAsked, heard, withDue, withNews, withSweep } from "./telling.ts";
import { ANSWERS_WITHIN_MS } from "./visits.ts";

/** The children of a task: takes them in, keeps what they report, and sees to it that they are told. */
export class Children {
  readonly #port: SweeperPort;
  readonly #sweeper: Sweeper;
  /** Undefined: not looked up since the object woke up. */
  #family: Family | null | undefined;

  /** `happened` stores what has become of them by a change, in one turn with what the task does then. */
  constructor(port: SweeperPort, happened: (change: () => void) => Promise<void>) {
    this.#port = port;
    this.#sweeper = new Sweeper(port, {
      known: () => this.#known(),
      store: (family) => this.#store(family),
      replaced: (family, row, after) => this.#replaced(family, row, after),
      happened,
    });
  }

  /** Null: the task never had a child. */
  familyOf(task: Task | null): Family | null {
    if (!task?.hasChildren) return null;
    if (this.#family === undefined) this.#family = this.#port.children.loadFamily();
    return this.#family;
  }

  /** When the children have to be seen to; null: nothing is to be done. */
  dueAtMs(task: Task | null): number | null {
    const { sweep, doubtAtMs = null } = this.familyOf(task) ?? NO_FAMILY;
    const due = [sweep?.dueAtMs ?? null, doubtAtMs].filter((atMs) => atMs !== null);
    return due.length === 0 ? null : Math.min(...due);
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

  /** Keeps what a child reports. */
  report(report: ChildReport): void {
    const row = this.#port.children.child(report.id);
    const after = row && heard(row, report);
    if (row !== null && after !== null) this.#store(this.#replaced(this.#known(), row, after));
  }

  /** A child is about to be forgotten. Returns whether a Worker may be about to make it. */
  leaves(id: string): boolean {
    this.#sweeper.forgetAnswers(id);
    const row = this.#port.children.child(id);
    return row !== null && isBeingMade(this.#known(), row, this.#port.now());
  }

  /** The task was cancelled: its children have to hear of it. */
  cancel(latch: FamilyLatch): void {
    const family = this.#known();
    if (family.latch !== null) return;
    const atMs = Math.max(latch.atMs, family.lastAdoptedAtMs);
    this.#begin({ ...family, latch: { ...latch, atMs } });
  }

  /** A child takes the place of those that were adopted before it. */
  supersede(id: string, requestedBy: string | null = null): void {
    const family = this.#known();
    const row = this.#port.children.child(id);
    if (row === null || (family.superseder?.adoptedAtMs ?? 0) >= row.adoptedAtMs) return;
    this.#begin({ ...family, superseder: { id, adoptedAtMs: row.adoptedAtMs, requestedBy } });
  }

  /** The task's time is over, but not that of its children: they are asked what they do. */
  askAll(nextAtMs: number): void {
    this.#begin({ ...this.#known(), askAtMs: nextAtMs }, true);
  }

  /** Asks one child, whose row may not be what it is. */
  async check(id: string): Promise<void> {
    const row = this.#port.children.child(id);
    if (row !== null) await this.#sweeper.ask(row);
  }

  /** Goes on with what is due, and does not wait for it. */
  goOn(): void {
    const nowMs = this.#port.now();
    const known = this.#family ?? NO_FAMILY;
    const asking = doubtsAsked(known, nowMs);
    if (asking !== null) this.#store(asking);
    this.#sweeper.giveUp();
    const family = asking ?? known;
    if (family.sweep === null || nowMs < family.sweep.dueAtMs) return;
    this.#store(withDue(family, nowMs + ANSWERS_WITHIN_MS));
    void this.sweep();
  }

  /** Visits all that have to hear of something. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep();
  }

  forget(): void {
    this.#family = null;
    this.#sweeper.stop();
  }

  /** The family once a row has another in its place; the oldest ones of no more use are dropped. */
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
    // First the disk: if that fails, memory is not ahead of it.
    this.#port.children.storeFamily(family);
    this.#family = family;
  }
}
