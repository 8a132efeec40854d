import { logLine } from "../log-line.ts";
import { type AdoptAnswer, type AdoptRequest, adopt } from "./adoption.ts";
import { isBeingMade } from "./doubt.ts";
import {
  type ChildReport,
  type ChildRow,
  type ChildStore,
  type Family,
  type FamilyLatch,
  latchOf,
  MAX_SETTLED_CHILDREN,
  NO_FAMILY,
  withRow,
} from "./family.ts";
import type { Task } from "./task.ts";
import {
  type ChildAnswer,
  doubtsAsked,
  type Errand,
  errandFor,
  heard,
  type ParentVisit,
  sweptOnce,
  visited,
  withFailed,
  withNews,
  withSweep,
} from "./telling.ts";

interface ChildrenPort {
  readonly id: string;
  now(): number;
  random(): number;
  readonly children: ChildStore;
  visit(child: string, visit: ParentVisit): Promise<ChildAnswer>;
}

interface ChildrenEvents {
  /** `change` stores what has become of them, in one turn with what the task does then. */
  happened(change: () => void): Promise<void>;
}

const CHILDREN_A_TURN = 100;
/** A platform's event may call some hundred objects; then the alarm goes on. */
const TURNS_AN_EVENT = 5;
/** A child that has not answered by then is visited again later. */
const ANSWERS_WITHIN_MS = 5000;

interface Turn {
  readonly startedAtMs: number;
  /** Waits no longer. */
  readonly giveUp: () => void;
  /** Those that have not been adopted anew or forgotten since. */
  readonly asked: Set<string>;
}

/**
 * The children of a task: takes them in, keeps what they report, and tells them what they must hear, so
 * many a turn, until all have. Where it is stands on disk.
 */
export class Children {
  readonly #port: ChildrenPort;
  readonly #events: ChildrenEvents;
  /** Undefined: not looked up since the object woke up. */
  #family: Family | null | undefined;
  readonly #turns = new Set<Turn>();
  #isSweeping = false;

  constructor(port: ChildrenPort, events: ChildrenEvents) {
    this.#port = port;
    this.#events = events;
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
    if (due.length === 0) return null;
    // What is under way is waited for.
    const times = [...this.#turns].map(({ startedAtMs }) => startedAtMs + ANSWERS_WITHIN_MS);
    return Math.max(Math.min(...due), ...times);
  }

  adopt(task: Task, request: AdoptRequest): AdoptAnswer {
    const { id, children } = this.#port;
    const family = this.familyOf(task) ?? { ...NO_FAMILY, latch: latchOf(task) };
    const { ancestors } = task;
    const row = task.hasChildren ? children.child(request.child) : null;
    const { answer, stored } = adopt({ id, ancestors, family }, row, request, this.#port.now());
    if (stored !== null) {
      if (stored.row !== null) {
        this.#forgetAnswers(stored.row.id);
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
    if (row !== null && after !== null) this.#replace(row, after);
  }

  /** A child is about to be forgotten. Returns whether a Worker may be about to make it. */
  leaves(id: string): boolean {
    this.#forgetAnswers(id);
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
    if (row === null) return;
    await this.#visit([{ row, errand: { type: "ask" } }]);
  }

  /** Goes on with what is due, and does not wait for it. */
  goOn(): void {
    const nowMs = this.#port.now();
    const family = this.#family ?? NO_FAMILY;
    const asking = doubtsAsked(family, nowMs);
    if (asking !== null) this.#store(asking);
    const { sweep } = asking ?? family;
    for (const { startedAtMs, giveUp } of this.#turns) {
      if (nowMs >= startedAtMs + ANSWERS_WITHIN_MS) giveUp();
    }
    if (sweep === null || this.#isSweeping || nowMs < sweep.dueAtMs) return;
    void this.sweep();
  }

  /** Visits all that have to hear of something, a hundred at once. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      for (let turn = 0; turn < TURNS_AN_EVENT; turn++) {
        if (await this.#sweepOnce()) return;
      }
      await this.#events.happened(() => this.#goOnAt(this.#port.now()));
    } catch (error) {
      // Where it was stands on disk, and the alarm is set: it goes on from there.
      console.error(logLine("children_failed", { error: String(error) }));
    } finally {
      this.#isSweeping = false;
    }
  }

  forget(): void {
    this.#family = null;
  }

  /** One turn; returns whether nothing is left to be done now. */
  async #sweepOnce(): Promise<boolean> {
    const { id, children } = this.#port;
    const family = this.#known();
    const { sweep } = family;
    if (sweep === null) return true;
    const nowMs = this.#port.now();
    const rows = children.livingAfter(sweep.cursor, CHILDREN_A_TURN);
    const last = rows.at(-1);
    if (last === undefined) {
      const next = sweptOnce(sweep, nowMs, this.#port.random());
      await this.#events.happened(() => this.#store({ ...this.#known(), sweep: next }));
      return next === null || nowMs < next.dueAtMs;
    }
    const calls: Call[] = [];
    let hasWaited = false;
    for (const row of rows) {
      const errand = errandFor(id, family, row, nowMs);
      if (errand?.type === "later") hasWaited = true;
      else if (errand !== null) calls.push({ row, errand });
    }
    await this.#visit(calls, () => {
      const { sweep: after, ...rest } = this.#known();
      if (after === null) return;
      const moved = { ...after, cursor: last.id, hasWaited: after.hasWaited || hasWaited };
      const dueAtMs = this.#port.now() + ANSWERS_WITHIN_MS;
      this.#store({ ...rest, sweep: { ...moved, dueAtMs } });
    });
    return false;
  }

  /** Calls on some children at once, and keeps what came of it, in one turn with `also`. */
  async #visit(calls: readonly Call[], also: () => void = () => {}): Promise<void> {
    const { promise: tooLate, resolve: giveUp } = Promise.withResolvers<void>();
    const asked = new Set(calls.map(({ row }) => row.id));
    const turn = { startedAtMs: this.#port.now(), giveUp, asked };
    this.#turns.add(turn);
    const answers = new Map<string, ChildAnswer>();
    const visits = calls.map(async ({ row, errand }) => {
      try {
        const cancel = errand.type === "cancel" ? errand.cancel : null;
        const answer = await this.#port.visit(row.id, { parent: this.#port.id, cancel });
        answers.set(row.id, answer);
      } catch {
        // It is visited again.
      }
    });
    await Promise.race([Promise.all(visits), tooLate]);
    this.#turns.delete(turn);
    await this.#events.happened(() => {
      for (const { row, errand } of calls) {
        this.#keep(row.id, errand, asked.has(row.id) ? answers.get(row.id) : undefined);
      }
      also();
    });
  }

  #keep(id: string, errand: Errand, answer: ChildAnswer | undefined): void {
    const family = this.#known();
    const row = this.#port.children.child(id);
    if (row === null) return;
    if (answer === undefined) {
      // One that was only asked is asked again, as it is still in doubt.
      if (errand.type === "cancel") this.#store(withFailed(family));
      return;
    }
    this.#replace(row, visited(family, row, errand, answer, this.#port.now()));
  }

  /** Puts another row in a row's place, and drops the oldest ones that are of no more use. */
  #replace(row: ChildRow, after: ChildRow | null): void {
    const { children } = this.#port;
    if (after === null) children.drop(row.id);
    else children.store(after);
    const changed = withRow(this.#known(), row, after);
    const family = after === null ? changed : withNews(changed, row, after, this.#port.now());
    const count = family.settled > MAX_SETTLED_CHILDREN ? MAX_SETTLED_CHILDREN / 2 : 0;
    if (count > 0) children.dropSettled(count);
    this.#store({ ...family, settled: family.settled - count });
  }

  #begin(family: Family, isAsking = false): void {
    this.#store(withSweep(family, this.#port.now() + ANSWERS_WITHIN_MS, isAsking));
  }

  /** What it was asked before does not count. */
  #forgetAnswers(id: string): void {
    for (const { asked } of this.#turns) asked.delete(id);
  }

  #goOnAt(dueAtMs: number): void {
    const family = this.#known();
    if (family.sweep !== null) this.#store({ ...family, sweep: { ...family.sweep, dueAtMs } });
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

interface Call {
  readonly row: ChildRow;
  readonly errand: Errand;
}
