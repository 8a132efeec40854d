/** Counts what really happened, so that a simulation can show that it is not blind. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  count(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  add(other: Coverage): void {
    for (const [what, times] of other.#counts) this.count(what, times);
  }

  /** All counts, in the order of their names. */
  entries(): [what: string, times: number][] {
    return [...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}
