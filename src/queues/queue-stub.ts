import type { QueueSettings, QueueState } from "../../worker-client/protocol-queues.ts";
import type { TaskNews, TaskWord } from "./queue.ts";
import type { Wish } from "./waiting-line.ts";

/** A task that a holder may start. */
export interface Offer {
  readonly id: string;
}

/** An offer, and to whom it was made. */
export interface HeldOffer extends Offer {
  readonly holder: string;
}

/**
 * What became of an offer: the task's own word, or that nothing is known of it. `unreachable` keeps the
 * task back for a while; `declined` offers it to the next worker, as this one's client has left.
 */
export type OfferEnd = TaskWord | { readonly kind: "unreachable" | "declined" };

/** What a queue object can be asked by RPC. */
export interface QueueCalls {
  read(): Promise<QueueState>;
  configure(settings: QueueSettings): Promise<QueueState>;
  /** Makes room for tasks before they exist. False: the queue takes no new ones. */
  reserve(tasks: readonly Wish[]): Promise<boolean>;
  /** Hears what tasks say of themselves. */
  hear(news: readonly TaskNews[]): Promise<void>;
  /** Null: there is nothing to start now. */
  offer(holder: string): Promise<Offer | null>;
  settle(offer: HeldOffer, end: OfferEnd): Promise<void>;
}

/** A queue object as its callers see it. */
export interface QueueStub extends QueueCalls {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The header in which the Worker hands a `QueueWatch` to the queue object, as JSON. */
export const QUEUE_WATCH_HEADER = "edge-canceler-queue-watch";

/** Waits for a task, or for every change of the queue's counts. */
export type QueueWatch =
  | { readonly kind: "claim"; readonly holder: string }
  | { readonly kind: "counts" };

/** What a parked claim is told. Null: the same holder has claimed again, and this one is over. */
export type ClaimMessage = Offer | null;
