import type { QueueSettings, QueueState } from "../../worker-client/protocol-queues.ts";
import type { TaskNews, TaskWord } from "./queue.ts";
import type { Entry } from "./waiting-line.ts";

/** A task that a holder may start. */
export interface Offer {
  readonly id: string;
}

/** An offer, and the holder it was made to. */
export interface HeldOffer extends Offer {
  readonly holder: string;
}

/**
 * What became of an offer: the task's own word, or why there is none. `unreachable` holds the task back
 * for a while; `declined` offers it to the next worker, because this one cannot take it.
 */
export type OfferEnd = TaskWord | { readonly kind: "unreachable" | "declined" };

/** The RPC methods of a queue object. */
export interface QueueCalls {
  read(): Promise<QueueState>;
  configure(settings: QueueSettings): Promise<QueueState>;
  /** Reserves places for tasks before they exist. Returns false if the queue takes no new tasks. */
  reserve(tasks: readonly Entry[]): Promise<boolean>;
  /** Records what tasks say of themselves. */
  hear(news: readonly TaskNews[]): Promise<void>;
  /** Returns null if there is nothing to start now. */
  offer(holder: string): Promise<Offer | null>;
  settle(offer: HeldOffer, end: OfferEnd): Promise<void>;
}

/** A queue object as its callers see it. */
export interface QueueStub extends QueueCalls {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The header in which the Worker passes a `QueueWatch` to the queue object, as JSON. */
export const QUEUE_WATCH_HEADER = "edge-canceler-queue-watch";

/** Waits for a task, or for every change of the queue's counts. */
export type QueueWatch =
  | { readonly kind: "claim"; readonly holder: string }
  | { readonly kind: "counts" };

/** The reply to a parked claim: an offer, or null if the same holder has claimed again. */
export type ClaimMessage = Offer | null;
