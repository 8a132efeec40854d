import type { TaskState } from "./protocol.ts";

/** The events that a webhook can receive. */
export const WEBHOOK_EVENTS = [
  "task.started",
  "task.cancelling",
  "task.ended",
  "task.lost",
] as const;

/**
 * `task.started`: an attempt has begun. `task.cancelling`: a running task was cancelled, and its
 * worker has to stop. `task.ended`: the task has ended, in whatever way. `task.lost`: the lease of a
 * run expired.
 */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** The body of `PUT /v1/webhooks/:id`. */
export interface WebhookRequest {
  /** Where events are sent: an https URL with a host that `WEBHOOK_HOSTS` lists. */
  readonly url: string;
  /** Which events to send. Default: all of them. */
  readonly events?: readonly WebhookEvent[] | undefined;
  /** Sends only the events of tasks whose id begins with this. Default: of all tasks. */
  readonly prefix?: string | undefined;
  /** Sends only the events of tasks in this queue. Default: of all tasks. */
  readonly queue?: string | undefined;
  /** Signs the events: `whsec_` and 24 to 64 bytes in base64. Default: the one it has, or a new one. */
  readonly secret?: string | undefined;
  /** Creates a new secret. The previous one keeps signing as well for a day. Default: false. */
  readonly rotateSecret?: boolean | undefined;
}

/** Why a webhook was turned off: it responded with 410, or no event has reached it for days. */
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
  /** When the previous secret stops signing; null if it does not sign. */
  readonly earlierSecretUntil: string | null;
  /** How many events wait to be delivered. */
  readonly waiting: number;
  /** How many events were dropped because too many waited. */
  readonly dropped: number;
  /** Only in the response to the request that created it: it is not shown again. */
  readonly secret?: string;
}

/** The state of a delivery. `failed`: it is not retried automatically. */
export type WebhookDeliveryStatus = "waiting" | "delivered" | "failed";

/** An event on its way to one webhook. All times are RFC 3339 strings. */
export interface WebhookDelivery {
  /** The `webhook-id` header, which is the same in all tries of an event. */
  readonly id: string;
  readonly type: WebhookEvent | "webhook.test";
  /** The task; null for a test. */
  readonly taskId: string | null;
  readonly status: WebhookDeliveryStatus;
  readonly createdAt: string;
  readonly tries: number;
  readonly triedAt: string | null;
  /** When the next try is due; null once it was delivered or has failed. */
  readonly nextTryAt: string | null;
  /** The HTTP status of the last response; null if there was none. */
  readonly answerStatus: number | null;
  /** What went wrong in the last try, or why there was none; null if nothing did. */
  readonly error: string | null;
}

/** The response to `GET /v1/webhooks`. */
export interface WebhookList {
  readonly webhooks: readonly WebhookState[];
  /** Why the service sends no events, and how to turn webhooks on; null if they are on. */
  readonly off: string | null;
}

/** The body of a request to a webhook, as Standard Webhooks specifies it. */
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
