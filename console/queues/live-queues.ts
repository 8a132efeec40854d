import type { TaskStats } from "../../worker-client/protocol-directory.ts";
import type { QueueState } from "../../worker-client/protocol-queues.ts";
import { keepFollowing } from "../service/follow.ts";
import { wait } from "../service/line.ts";
import { ask, asServiceError, type ServiceError } from "../service/service.ts";
import { knownQueues } from "../service/session.ts";
import { queuesOf } from "../service/stats.ts";
import { Store } from "../ui/store.ts";
import { queuePath } from "./live-queue.ts";

/** A queue in the list, or why it cannot be shown. */
export type ListedQueue =
  | { readonly name: string; readonly queue: QueueState }
  | { readonly name: string; readonly error: ServiceError };

const AGAIN_MS = 3000;
const NAMES_AGAIN_MS = 15_000;
/** How many queues to poll every few seconds. */
export const MOST_QUEUES = 40;

/** Follows the queues that have tasks and those opened in this browser. */
export class LiveQueues {
  /** Null until the first response. */
  readonly queues = new Store<readonly ListedQueue[] | null>(null);
  readonly #end = new AbortController();
  #names: readonly string[] = [];
  #namesAtMs = Number.NEGATIVE_INFINITY;

  constructor() {
    keepFollowing({
      signal: this.#end.signal,
      listen: async (signal, worked) => {
        if (Date.now() - this.#namesAtMs > NAMES_AGAIN_MS) await this.#readNames(signal);
        const names = this.#names.slice(0, MOST_QUEUES);
        this.queues.set(await Promise.all(names.map((name) => readQueue(name, signal))));
        worked();
        await wait(AGAIN_MS, signal);
      },
      onFailure: ({ isPassing }) => isPassing,
    });
  }

  stop(): void {
    this.#end.abort();
  }

  async #readNames(signal: AbortSignal): Promise<void> {
    const listed = await ask<TaskStats>("/v1/stats", { signal }).then(queuesOf, () => []);
    this.#names = [...new Set([...listed, ...knownQueues()])].sort();
    this.#namesAtMs = Date.now();
  }
}

/** Returns a refusal as an entry, so that one forbidden queue does not hide the others. */
async function readQueue(name: string, signal: AbortSignal): Promise<ListedQueue> {
  try {
    return { name, queue: await ask<QueueState>(queuePath(name), { signal }) };
  } catch (thrown) {
    const error = asServiceError(thrown);
    if (error.isPassing) throw error;
    return { name, error };
  }
}
