import type { Entry } from "./entry.ts";

interface Waiting {
  readonly isIt: (entry: Entry) => boolean;
  readonly resolve: () => void;
}

/** What every client did and saw, in the order in which the lab heard of it. */
export class History {
  readonly #waiting = new Set<Waiting>();
  readonly #entries: Entry[] = [];

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Writes down one more. It needs no `this`, so it can be handed to whoever has something to say. */
  readonly note = (entry: Entry): void => {
    this.#entries.push(entry);
    for (const waiting of this.#waiting) {
      if (!waiting.isIt(entry)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  };

  /**
   * Waits until something is written down, from now on, but no longer than a time in milliseconds:
   * then it is for the invariants to say what is missing.
   */
  async next(isIt: (entry: Entry) => boolean, patienceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        resolve();
      }, patienceMs);
      const waiting: Waiting = {
        isIt,
        resolve() {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /** As `next`, but what is written down already counts as well. */
  async until(isIt: (entry: Entry) => boolean, patienceMs: number): Promise<void> {
    if (!this.#entries.some(isIt)) await this.next(isIt, patienceMs);
  }

  /** Waits until a watcher was told something, or has aborted. */
  async heard(watcher: string, kind: "told" | "aborted", patienceMs: number): Promise<void> {
    await this.until((entry) => entry.kind === kind && entry.watcher === watcher, patienceMs);
  }
}
