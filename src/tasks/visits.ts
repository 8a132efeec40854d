import type { ChildRow } from "./family.ts";
import type { ChildAnswer, Errand } from "./telling.ts";

/** A child that has not answered by then is visited again later. */
export const ANSWERS_WITHIN_MS = 5000;

interface NewVisit {
  readonly row: ChildRow;
  readonly errand: Errand;
  readonly begunAtMs: number;
  /** How far the way through all children had been gone before it; null: it is not part of that. */
  readonly after: string | null;
}

interface Visit extends NewVisit {
  /** Undefined: there is none that counts. */
  answer: ChildAnswer | undefined;
  isOver: boolean;
  readonly end: () => void;
}

/** The children that are being visited, none of them waiting for another, and what has come of it. */
export class Visits {
  readonly #call: (id: string, errand: Errand) => Promise<ChildAnswer>;
  /** In the order in which they have begun. */
  readonly #visits = new Set<Visit>();
  #underWay = 0;
  #awaited = 0;
  #onAwaited = () => {};

  constructor(call: (id: string, errand: Errand) => Promise<ChildAnswer>) {
    this.#call = call;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** From where on the way has to be gone again if those under way are forgotten; null: none is part of it. */
  get firstAfter(): string | null {
    let first: string | null = null;
    for (const { isOver, after } of this.#visits) {
      if (!isOver && after !== null && (first === null || after < first)) first = after;
    }
    return first;
  }

  /** Whether a child is being visited on the way through all. */
  isOnItsWay(id: string): boolean {
    for (const { isOver, after, row } of this.#visits) {
      if (!isOver && after !== null && row.id === id) return true;
    }
    return false;
  }

  /** Resolves when the child has answered, or has failed to, or is not waited for any more. */
  begin(visit: NewVisit): Promise<void> {
    const { promise, resolve: end } = Promise.withResolvers<void>();
    const begun = { ...visit, answer: undefined, isOver: false, end };
    this.#visits.add(begun);
    this.#underWay += 1;
    void this.#ask(begun);
    return promise;
  }

  /** Resolves once so many are over, or as many as are still under way. */
  async untilOver(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = count;
    this.#onAwaited = resolve;
    this.#tellAwaited();
    await promise;
  }

  /** Those that are over. */
  take(): readonly Visit[] {
    const over = [...this.#visits].filter(({ isOver }) => isOver);
    for (const visit of over) this.#visits.delete(visit);
    return over;
  }

  /** What a child has been asked before does not count: it is adopted anew, or forgotten. */
  forgetAnswers(id: string): void {
    for (const visit of this.#visits) {
      if (visit.row.id === id) this.#end(visit, undefined);
    }
  }

  /** Nobody waits any longer for those that have begun so early. */
  giveUp(untilMs: number): void {
    for (const visit of this.#visits) {
      if (visit.begunAtMs > untilMs) return;
      if (!visit.isOver) this.#end(visit, undefined);
    }
  }

  /** None of them counts. */
  clear(): void {
    this.giveUp(Number.POSITIVE_INFINITY);
    this.#visits.clear();
  }

  async #ask(visit: Visit): Promise<void> {
    try {
      const answer = await this.#call(visit.row.id, visit.errand);
      if (!visit.isOver) this.#end(visit, answer);
    } catch {
      // It is visited again.
      if (!visit.isOver) this.#end(visit, undefined);
    }
  }

  #end(visit: Visit, answer: ChildAnswer | undefined): void {
    visit.answer = answer;
    if (visit.isOver) return;
    visit.isOver = true;
    this.#underWay -= 1;
    visit.end();
    this.#tellAwaited();
  }

  #tellAwaited(): void {
    const over = this.#visits.size - this.#underWay;
    if (over >= Math.min(this.#awaited, this.#underWay)) this.#onAwaited();
  }
}
