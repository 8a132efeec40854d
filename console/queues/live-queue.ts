import type { QueueSettings, QueueState } from "../../worker-client/protocol-queues.ts";
import { keepFollowing, readStream } from "../service/follow.ts";
import { ask, type ServiceError } from "../service/service.ts";
import { serviceNowMs } from "../ui/clock.ts";
import { Store } from "../ui/store.ts";

/** A queue, as far as the page knows it. */
type QueueView =
  | { readonly kind: "loading" }
  | { readonly kind: "known"; readonly queue: QueueState }
  | { readonly kind: "failed"; readonly error: ServiceError };

/** A queue's depth at one moment. */
export interface Depth {
  readonly atMs: number;
  readonly waiting: number;
  readonly running: number;
}

const KEPT_MS = 10 * 60_000;

/** The path of a queue. */
export function queuePath(queue: string): string {
  return `/v1/queues/${encodeURIComponent(queue)}`;
}

/** Follows one queue through its event stream. */
export class LiveQueue {
  readonly view = new Store<QueueView>({ kind: "loading" });
  /** Since the page was opened, for ten minutes at most. */
  readonly depths = new Store<readonly Depth[]>([]);
  readonly #queue: string;
  readonly #end = new AbortController();

  constructor(queue: string) {
    this.#queue = queue;
    keepFollowing({
      signal: this.#end.signal,
      listen: (signal, onOpen) =>
        readStream<QueueState>(queuePath(queue), {
          signal,
          onOpen,
          onState: (state) => this.#put(state),
        }),
      onFailure: (error) => {
        if (!error.isPassing || this.view.value.kind !== "known") {
          this.view.set({ kind: "failed", error });
        }
        return error.isPassing;
      },
    });
  }

  stop(): void {
    this.#end.abort();
  }

  /** Changes the queue's settings. */
  async configure(settings: QueueSettings): Promise<void> {
    const path = queuePath(this.#queue);
    this.#put(await ask<QueueState>(path, { method: "PUT", body: settings }));
  }

  #put(queue: QueueState): void {
    this.view.set({ kind: "known", queue });
    const atMs = serviceNowMs();
    const { pending, delayed, running } = queue;
    this.depths.set([
      ...this.depths.value.filter((depth) => depth.atMs > atMs - KEPT_MS),
      { atMs, waiting: pending + delayed, running },
    ]);
  }
}
