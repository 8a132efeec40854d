import type { ChildRow } from "./family.ts";
import type { ChildAnswer, Errand } from "./telling.ts";

/** How long to wait for a child's answer. A child that takes longer is visited again later. */
export const ANSWERS_WITHIN_MS = 5000;

interface NewVisit {
  readonly row: ChildRow;
  readonly errand: Errand;
  readonly begunAtMs: number;
  /** Where the sweep was before this visit, or null if the visit is not part of one. */
  readonly after: string | null;
}

interface Visit extends NewVisit {
  /** Undefined if there is none, or it was discarded. */
  answer: ChildAnswer | undefined;
  isOver: boolean;
  readonly end: () => void;
}

/** The visits to children that are under way, each independent of the others, and their answers. */
export class Visits {
  readonly #call: (id: string, errand: Errand) => Promise<ChildAnswer>;
  /** In the order in which they have begun. */
  readonly #visits = new Set<Visit>();
  #underWay = 0;
  #onSome = () => {};

  constructor(call: (id: string, errand: Errand) => Promise<ChildAnswer>) {
    this.#call = call;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Where the sweep must resume if the visits under way are lost, or null if none is part of it. */
  get firstAfter(): string | null {
    let first: string | null = null;
    for (const { isOver, after } of this.#visits) {
      if (!isOver && after !== null && (first === null || after < first)) first = after;
    }
    return first;
  }

  /** Whether the sweep is visiting this child. */
  isVisiting(id: string): boolean {
    for (const { isOver, after, row } of this.#visits) {
      if (!isOver && after !== null && row.id === id) return true;
    }
    return false;
  }

  /** Starts a visit. Resolves when the child has answered or failed to, or is no longer waited for. */
  begin(visit: NewVisit): Promise<void> {
    const { promise, resolve: end } = Promise.withResolvers<void>();
    const begun = { ...visit, answer: undefined, isOver: false, end };
    this.#visits.add(begun);
    this.#underWay += 1;
    void this.#ask(begun);
    return promise;
  }

  /**
   * Resolves once a fifth of the visits are over: enough to save disk writes, and few enough that some
   * silent children do not hold back the answers of the others.
   */
  async untilSomeAreOver(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onSome = resolve;
    this.#tellOfSome();
    await promise;
  }

  /** Takes out and returns the visits that are over. */
  take(): readonly Visit[] {
    const over = [...this.#visits].filter(({ isOver }) => isOver);
    for (const visit of over) this.#visits.delete(visit);
    return over;
  }

  /** Discards all answers to earlier visits of a child that is adopted again or being forgotten. */
  forgetAnswers(id: string): void {
    for (const visit of this.#visits) {
      if (visit.row.id === id) this.#end(visit, undefined);
    }
  }

  /** Stops waiting for visits that began at this time or before. */
  giveUp(untilMs: number): void {
    for (const visit of this.#visits) {
      if (visit.begunAtMs > untilMs) return;
      if (!visit.isOver) this.#end(visit, undefined);
    }
  }

  /** Discards all visits. */
  clear(): void {
    this.giveUp(Number.POSITIVE_INFINITY);
    this.#visits.clear();
  }

  async #ask(visit: Visit): Promise<void> {
    try {
      const answer = await this.#call(visit.row.id, visit.errand);
      if (!visit.isOver) this.#end(visit, answer);
    } catch {
      // The child is visited again.
      if (!visit.isOver) this.#end(visit, undefined);
    }
  }

  #end(visit: Visit, answer: ChildAnswer | undefined): void {
    visit.answer = answer;
    if (visit.isOver) return;
    visit.isOver = true;
    this.#underWay -= 1;
    visit.end();
    this.#tellOfSome();
  }

  #tellOfSome(): void {
    const over = this.#visits.size - this.#underWay;
    if (over >= this.#visits.size / 5) this.#onSome();
  }
}
