import { logLine } from "../log-line.ts";
import type { ChildRow, ChildStore, Family } from "./family.ts";
import {
  afterPass,
  type ChildAnswer,
  type Errand,
  errandFor,
  type ParentVisit,
  visited,
  withDue,
  withFailed,
} from "./telling.ts";
import { ANSWERS_WITHIN_MS, Visits } from "./visits.ts";

/** How many children are visited at the same time. */
const AT_ONCE = 100;
/** One event may call only some hundred objects. After that the alarm continues. */
const VISITS_PER_EVENT = 500;

export interface SweeperPort {
  readonly id: string;
  now(): number;
  random(): number;
  readonly children: ChildStore;
  visit(child: string, visit: ParentVisit): Promise<ChildAnswer>;
}

/** The family, in memory and on disk. */
interface FamilyKeeper {
  known(): Family;
  store(family: Family): void;
  /** Puts one row in another's place, or drops it if `after` is null. Returns the changed family. */
  replaced(family: Family, row: ChildRow, after: ChildRow | null): Family;
  /** Runs `change`, and stores it in one turn with what it means for the task. */
  apply(change: () => void): Promise<void>;
}

/** The part of a sweep that one platform event covers. */
interface Leg {
  /** All children up to this id have been visited or are being visited. */
  to: string;
  visitsLeft: number;
  /** Whether a child was skipped because it is still being created. */
  hasWaited: boolean;
}

/**
 * Visits a task's children, many at once, until each has heard what it must. The progress on disk
 * can only lag behind, so after a kill some are visited again.
 */
export class Sweeper {
  readonly #port: SweeperPort;
  readonly #keeper: FamilyKeeper;
  readonly #visits: Visits;
  /** Null if no sweep is running. */
  #leg: Leg | null = null;

  constructor(port: SweeperPort, keeper: FamilyKeeper) {
    this.#port = port;
    this.#keeper = keeper;
    this.#visits = new Visits((child, errand) => this.#visit(child, errand));
  }

  /** Visits every child that must be told or asked something. */
  async sweep(): Promise<void> {
    const { sweep } = this.#keeper.known();
    if (this.#leg !== null || sweep === null) return;
    const leg = { to: sweep.cursor, visitsLeft: VISITS_PER_EVENT, hasWaited: false };
    this.#leg = leg;
    try {
      while (this.#leg === leg) await this.#continue(leg);
    } catch (error) {
      // The progress is on disk and the alarm is set, so the sweep resumes.
      const fields = { taskId: this.#port.id, error: String(error) };
      console.error(logLine("children_failed", fields));
      if (this.#leg === leg) this.#leg = null;
    }
  }

  /** Asks one child for its state. */
  async ask(row: ChildRow): Promise<void> {
    const begunAtMs = this.#port.now();
    await this.#visits.begin({ row, errand: { type: "ask" }, begunAtMs, after: null });
    await this.#keeper.apply(() => this.#keeper.store(this.#withAnswers()));
  }

  /** Discards all answers to earlier visits of a child that is adopted again or being forgotten. */
  forgetAnswers(id: string): void {
    this.#visits.forgetAnswers(id);
  }

  /** Stops waiting for children that have not answered in time. */
  giveUp(): void {
    this.#visits.giveUp(this.#port.now() - ANSWERS_WITHIN_MS);
  }

  /** Drops the sweep and all visits, because the children are forgotten. */
  stop(): void {
    this.#leg = null;
    this.#visits.clear();
  }

  async #visit(child: string, errand: Errand): Promise<ChildAnswer> {
    const { id: parent } = this.#port;
    const cancel = errand.type === "cancel" ? errand.cancel : null;
    try {
      return await this.#port.visit(child, { parent, cancel });
    } catch (error) {
      console.error(logLine("effect_failed", { taskId: parent, child, error: String(error) }));
      throw error;
    }
  }

  /** New visits begin as others end, so a child that is slow to answer holds up nobody. */
  async #continue(leg: Leg): Promise<void> {
    this.#visitMore(leg);
    if (leg.visitsLeft === 0) {
      await this.#keeper.apply(() => {
        this.#leg = null;
        this.#storeAnswers(leg, this.#port.now());
      });
    } else if (this.#visits.underWay === 0) {
      await this.#keeper.apply(() => this.#endPass(leg));
    } else {
      await this.#visits.untilSomeAreOver();
      // The task may have been forgotten meanwhile, and made anew.
      if (this.#leg !== leg) return;
      const dueAtMs = this.#port.now() + ANSWERS_WITHIN_MS;
      await this.#keeper.apply(() => this.#storeAnswers(leg, dueAtMs));
    }
  }

  #visitMore(leg: Leg): void {
    const { id, children } = this.#port;
    const family = this.#keeper.known();
    const begunAtMs = this.#port.now();
    for (;;) {
      const free = Math.min(AT_ONCE - this.#visits.underWay, leg.visitsLeft);
      const rows = free > 0 ? children.livingAfter(leg.to, free) : [];
      if (rows.length === 0) return;
      for (const row of rows) {
        const after = leg.to;
        leg.to = row.id;
        if (this.#visits.isVisiting(row.id)) continue;
        const errand = errandFor(id, family, row, begunAtMs);
        if (errand?.type === "later") leg.hasWaited = true;
        if (errand === null || errand.type === "later") continue;
        void this.#visits.begin({ row, errand, begunAtMs, after });
        leg.visitsLeft -= 1;
      }
    }
  }

  #storeAnswers(leg: Leg, dueAtMs: number): void {
    this.#keeper.store(withDue(this.#swept(leg), dueAtMs));
  }

  /** All children have been visited. Ends the sweep, or repeats it at once or later. */
  #endPass(leg: Leg): void {
    const family = this.#swept(leg);
    const nowMs = this.#port.now();
    const sweep = family.sweep && afterPass(family.sweep, nowMs, this.#port.random());
    this.#keeper.store({ ...family, sweep });
    if (sweep === null || nowMs < sweep.dueAtMs) {
      this.#leg = null;
      return;
    }
    leg.to = sweep.cursor;
    leg.hasWaited = false;
  }

  /** Returns the family with the answers so far and the progress of the sweep. */
  #swept({ to, hasWaited }: Leg): Family {
    const family = this.#withAnswers();
    const { sweep } = family;
    if (sweep === null) return family;
    const cursor = this.#visits.firstAfter ?? to;
    return { ...family, sweep: { ...sweep, cursor, hasWaited: sweep.hasWaited || hasWaited } };
  }

  #withAnswers(): Family {
    let family = this.#keeper.known();
    for (const { row, errand, answer } of this.#visits.take()) {
      // The row may have been dropped or updated in the meantime.
      const known = this.#port.children.child(row.id);
      if (known === null) continue;
      if (answer !== undefined) {
        const after = visited(family, known, errand, answer, this.#port.now());
        family = this.#keeper.replaced(family, known, after);
      } else if (errand.type === "cancel") {
        // A child that was only asked is asked again later anyway.
        family = withFailed(family);
      }
    }
    return family;
  }
}
