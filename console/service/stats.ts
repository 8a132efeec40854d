import type { TaskStatus } from "../../worker-client/protocol.ts";
import type { TaskStats } from "../../worker-client/protocol-directory.ts";
import { Store } from "../ui/store.ts";
import { untilVisible, wait } from "./line.ts";
import { ask, asServiceError } from "./service.ts";

const AGAIN_MS = 10_000;

/** Polls how many tasks there are, while the page is visible. */
export class LiveStats {
  /** Null if the service does not say. */
  readonly stats = new Store<TaskStats | null>(null);
  readonly #end = new AbortController();

  constructor() {
    this.#follow(this.#end.signal).catch(() => {
      // It was stopped.
    });
  }

  stop(): void {
    this.#end.abort();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (true) {
      await untilVisible(signal);
      try {
        this.stats.set(await ask<TaskStats>("/v1/stats", { signal }));
      } catch (thrown) {
        // The token may not count, or there is no directory: the console does without counts.
        if (!asServiceError(thrown).isPassing) return;
      }
      await wait(AGAIN_MS, signal);
    }
  }
}

/** How many tasks have a status, in one queue or (`""`) in all. */
export function countOf(stats: TaskStats, status: TaskStatus, queue: string): number {
  return stats.counts
    .filter((count) => count.status === status && (queue === "" || count.queue === queue))
    .reduce((sum, { tasks }) => sum + tasks, 0);
}

/** The queues that have tasks. */
export function queuesOf(stats: TaskStats): readonly string[] {
  return [...new Set(stats.counts.flatMap(({ queue }) => (queue === null ? [] : [queue])))].sort();
}
