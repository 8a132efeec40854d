import type { TaskState } from "./protocol.ts";

/** What a webhook can be told of. */
export const WEBHOOK_EVENTS = [
  "task.started",
  "task.cancelling",
  "task.ended",
  "task.lost",
] as const;

/**
 * `task.started`: an attempt has begun. `task.cancelling`: a running task was cancelled, and its
 * worker has to stop. `task.ended`: the task has ended, however it did. `task.lost`: the lease of a
 * run is over.
 */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** The body of `PUT /v1/webhooks/:id`. */
export interface WebhookRequest {
  /** Where events are sent: https, and a host that `WEBHOOK_HOSTS` lists. */
  readonly url: string;
  /** Default: all of them. */
  readonly events?: readonly WebhookEvent[] | undefined;
  /** Only of tasks whose id begins with this. Default: of all. */
  readonly prefix?: string | undefined;
  /** Only of tasks of this queue. Default: of all. */
  readonly queue?: string | undefined;
  /** Signs what is sent: `whsec_` and 24 to 64 bytes in base64. Default: the one it has, or a new one. */
  readonly secret?: string | undefined;
  /** Makes a new secret; the earlier one signs too, for a day. Default: false. */
  readonly rotateSecret?: boolean | undefined;
}

/** Why a webhook gets nothing more: it answered 410, or nothing has reached it for days. */
export type WebhookDisabledReason = "gone" | "failing";

/** A webhook as its owner sees it. All times are RFC 3339 strings. */
export interface WebhookState {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly prefix: string | null;
  readonly queue: string | null;
  readonly createdAt: string;
  /** When it was turned off; null while it is on. A PUT turns it on again. */
  readonly disabledAt: string | null;
  readonly disabledReason: WebhookDisabledReason | null;
  /** Until when an earlier secret signs as well; null if none does. */
  readonly earlierSecretUntil: string | null;
  /** How many events wait to be delivered. */
  readonly waiting: number;
  /** How many events were dropped because too many waited. */
  readonly dropped: number;
  /** Only in the answer that a new secret was made for: it is not shown again. */
  readonly secret?: string;
}

/** How far a delivery is. `failed`: it is not tried again by itself. */
export type WebhookDeliveryStatus = "waiting" | "delivered" | "failed";

/** An event on its way to one webhook. All times are RFC 3339 strings. */
export interface WebhookDelivery {
  /** The `webhook-id` that is sent: one event has the same in all its tries. */
  readonly id: string;
  readonly type: WebhookEvent | "webhook.test";
  /** The task; null in a test. */
  readonly taskId: string | null;
  readonly status: WebhookDeliveryStatus;
  readonly createdAt: string;
  readonly tries: number;
  readonly triedAt: string | null;
  /** When it is tried next; null once it is delivered, or has failed. */
  readonly nextTryAt: string | null;
  /** The HTTP status of the last answer; null if there was none. */
  readonly answerStatus: number | null;
  /** What went wrong in the last try; null if nothing did. */
  readonly error: string | null;
}

/** The answer to `GET /v1/webhooks`. */
export interface WebhookList {
  readonly webhooks: readonly WebhookState[];
  /** Why the service sends nothing, and what turns webhooks on; null if it does. */
  readonly off: string | null;
}

/** What is sent to a webhook, by the Standard Webhooks specification. */
export type WebhookPayload =
  | {
      readonly type: WebhookEvent;
      /** When it happened. */
      readonly timestamp: string;
      readonly data: TaskState;
    }
  | {
      readonly type: "webhook.test";
      readonly timestamp: string;
      readonly data: { readonly webhook: string };
    };
