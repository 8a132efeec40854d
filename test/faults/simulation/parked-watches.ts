import type { Watch } from "../../../src/tasks/watch.ts";
import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Watcher } from "./simulated-service.ts";

interface Parked {
  readonly watch: Watch;
  readonly watcher: Watcher;
}

/** Everybody who waits at the service, as the sockets of a task object. */
export class ParkedWatches {
  readonly #parked = new Set<Parked>();

  /** How many watch the task; a canceller that waits for the end does not count. */
  get count(): number {
    let count = 0;
    for (const { watch } of this.#parked) {
      if (watch.kind === "stream" || watch.until !== "end") count++;
    }
    return count;
  }

  /** Parks a watcher; what it returns takes it back. */
  park(watch: Watch, watcher: Watcher): () => void {
    const parked = { watch, watcher };
    this.#parked.add(parked);
    watcher.open();
    return () => this.#parked.delete(parked);
  }

  /** Tells everybody for whom `isFor` holds. A poll is done with that. */
  tell(state: TaskState | null, isFor: (watch: Watch) => boolean): void {
    for (const parked of [...this.#parked].filter(({ watch }) => isFor(watch))) {
      if (parked.watch.kind === "poll") this.#parked.delete(parked);
      parked.watcher.tell(state);
    }
  }

  endStreams(): void {
    for (const parked of this.#parked) {
      if (parked.watch.kind !== "stream") continue;
      this.#parked.delete(parked);
      parked.watcher.end();
    }
  }

  /** All are lost at once. */
  lose(): void {
    const lost = [...this.#parked];
    this.#parked.clear();
    for (const { watcher } of lost) watcher.lose();
  }
}
