import { logLine } from "../log-line.ts";
import type { ChildRow, ChildStore, Family } from "./family.ts";
import {
  type ChildAnswer,
  errandFor,
  type ParentVisit,
  sweptOnce,
  visited,
  withDue,
  withFailed,
} from "./telling.ts";
import { ANSWERS_WITHIN_MS, Visits } from "./visits.ts";

/** So many children are visited at the same time. */
const AT_ONCE = 100;
/** Storing so many answers in one turn makes few writes to the disk. Then as many new visits begin. */
const KEPT_TOGETHER = 25;
/** A platform's event may call some hundred objects; then the alarm goes on. */
const VISITS_AN_EVENT = 500;

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
  /** Puts another row in a row's place (null: drops it), and returns the family with it. */
  replaced(family: Family, row: ChildRow, after: ChildRow | null): Family;
  /** `change` stores what has become of them, in one turn with what the task does then. */
  happened(change: () => void): Promise<void>;
}

/** A part of a sweep: what one event of the platform may visit. */
interface Leg {
  /** Up to this child all have been visited or are being visited. */
  to: string;
  visitsLeft: number;
  /** A child that is only just being made was left out. */
  hasWaited: boolean;
}

/**
 * Visits the children of a task until all have heard what they must hear, so many at once. How far it is
 * stands on disk; what is there is at most behind, so that after a kill some are visited again.
 */
export class Sweeper {
  readonly #port: SweeperPort;
  readonly #keeper: FamilyKeeper;
  readonly #visits: Visits;
  /** Null: nothing is being swept. */
  #leg: Leg | null = null;

  constructor(port: SweeperPort, keeper: FamilyKeeper) {
    this.#port = port;
    this.#keeper = keeper;
    this.#visits = new Visits((child, errand) => {
      const cancel = errand.type === "cancel" ? errand.cancel : null;
      return port.visit(child, { parent: port.id, cancel });
    });
  }

  /** Visits all that have to hear of something. */
  async sweep(): Promise<void> {
    const { sweep } = this.#keeper.known();
    if (this.#leg !== null || sweep === null) return;
    const leg = { to: sweep.cursor, visitsLeft: VISITS_AN_EVENT, hasWaited: false };
    this.#leg = leg;
    try {
      while (this.#leg === leg) await this.#goOn(leg);
    } catch (error) {
      // Where it was stands on disk, and the alarm is set: it goes on from there.
      console.error(logLine("children_failed", { error: String(error) }));
      if (this.#leg === leg) this.#leg = null;
    }
  }

  /** Asks one child how it is. */
  async ask(row: ChildRow): Promise<void> {
    const begunAtMs = this.#port.now();
    await this.#visits.begin({ row, errand: { type: "ask" }, begunAtMs, after: null });
    await this.#keeper.happened(() => this.#keeper.store(this.#withAnswers()));
  }

  /** What a child has been asked before does not count: it is adopted anew, or forgotten. */
  forgetAnswers(id: string): void {
    this.#visits.forgetAnswers(id);
  }

  /** Waits no longer for children that have not answered in time. */
  giveUp(): void {
    this.#visits.giveUp(this.#port.now() - ANSWERS_WITHIN_MS);
  }

  /** The children are forgotten. */
  stop(): void {
    this.#leg = null;
    this.#visits.clear();
  }

  /** Visits begin when others are over, so that a child that is slow to answer holds up nobody. */
  async #goOn(leg: Leg): Promise<void> {
    this.#visitMore(leg);
    if (leg.visitsLeft === 0) {
      await this.#keeper.happened(() => {
        this.#leg = null;
        this.#keepAnswers(leg, this.#port.now());
      });
    } else if (this.#visits.underWay === 0) {
      await this.#keeper.happened(() => this.#arrive(leg));
    } else {
      await this.#visits.untilOver(KEPT_TOGETHER);
      // The task was forgotten meanwhile, and may have been made anew.
      if (this.#leg !== leg) return;
      const dueAtMs = this.#port.now() + ANSWERS_WITHIN_MS;
      await this.#keeper.happened(() => this.#keepAnswers(leg, dueAtMs));
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
        if (this.#visits.isOnItsWay(row.id)) continue;
        const errand = errandFor(id, family, row, begunAtMs);
        if (errand?.type === "later") leg.hasWaited = true;
        if (errand === null || errand.type === "later") continue;
        void this.#visits.begin({ row, errand, begunAtMs, after });
        leg.visitsLeft -= 1;
      }
    }
  }

  #keepAnswers(leg: Leg, dueAtMs: number): void {
    this.#keeper.store(withDue(this.#swept(leg), dueAtMs));
  }

  /** All have been visited: perhaps all have to be visited again, at once or later. */
  #arrive(leg: Leg): void {
    const family = this.#swept(leg);
    const nowMs = this.#port.now();
    const sweep = family.sweep && sweptOnce(family.sweep, nowMs, this.#port.random());
    this.#keeper.store({ ...family, sweep });
    if (sweep === null || nowMs < sweep.dueAtMs) {
      this.#leg = null;
      return;
    }
    leg.to = sweep.cursor;
    leg.hasWaited = false;
  }

  /** The family with the answers that have come, and with how far the sweep is. */
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
      // It may have been dropped or have reported meanwhile.
      const known = this.#port.children.child(row.id);
      if (known === null) continue;
      if (answer !== undefined) {
        const after = visited(family, known, errand, answer, this.#port.now());
        family = this.#keeper.replaced(family, known, after);
      } else if (errand.type === "cancel") {
        // One that was only asked is asked again, as it is still in doubt.
        family = withFailed(family);
      }
    }
    return family;
  }
}
