import type { WebhookDisabledReason } from "../../worker-client/protocol-webhooks.ts";
import type { Endpoint, StoredDelivery } from "./endpoint.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * How long to wait after each failed try, as the Standard Webhooks specification suggests: ten tries
 * in a little over three days.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const PAUSES_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
/** The random share added to each pause, so that deliveries that failed together are not retried together. */
const JITTER = 0.1;

/** The whole receiver is overloaded or unreachable, so no other event is sent for a while. */
const BUSY_STATUSES = [429, 502, 503, 504];
const FIRST_BACKOFF_SECONDS = 5;
const MAX_BACKOFF_SECONDS = 300;
const MAX_RETRY_AFTER_SECONDS = 3600;

/** The result of a try: a response, or why there is none. */
export type TryResult =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** From the `Retry-After` header, or null if there was none. */
      readonly retryAfterSeconds: number | null;
    }
  | { readonly kind: "unanswered"; readonly error: string };

/** A delivery and its webhook after a try. */
interface Settled {
  readonly delivery: StoredDelivery;
  readonly endpoint: Endpoint;
}

interface Try {
  readonly nowMs: number;
  /** A random number from 0 to 1. */
  readonly chance: number;
  /** The revision of the webhook when the request was sent. */
  readonly revision: number;
}

/** Returns a delivery and its webhook after a try. */
export function afterTry(
  endpoint: Endpoint,
  before: StoredDelivery,
  result: TryResult,
  { nowMs, chance, revision }: Try,
): Settled {
  const delivery: StoredDelivery = {
    ...before,
    tries: before.tries + 1,
    triedAtMs: nowMs,
    nextTryAtMs: null,
    answerStatus: result.kind === "answered" ? result.status : null,
    error: errorOf(result),
  };
  if (delivery.error === null) {
    return {
      delivery: { ...delivery, isDelivered: true },
      endpoint: reached(endpoint, nowMs),
    };
  }
  // A test only reports, and changes nothing.
  if (delivery.type === "webhook.test" || endpoint.disabled !== null) return { delivery, endpoint };
  // A webhook that was changed in the meantime may have another address.
  const isCurrent = revision === endpoint.revision;
  if (isCurrent && result.kind === "answered" && result.status === 410) {
    return { delivery, endpoint: disabled(endpoint, "gone", nowMs) };
  }
  const pauseMs = PAUSES_MS[delivery.tries - 1];
  if (pauseMs === undefined) {
    // It may have been reached for an hour after that was recorded last.
    const wasReached = (endpoint.deliveredAtMs ?? 0) + RECORDED_EVERY_MS > delivery.createdAtMs;
    return wasReached || !isCurrent
      ? { delivery, endpoint }
      : { delivery, endpoint: disabled(endpoint, "failing", nowMs) };
  }
  const nextTryAtMs = Math.round(nowMs + pauseMs * (1 + JITTER * chance));
  return {
    delivery: { ...delivery, nextTryAtMs },
    endpoint: isCurrent ? { ...endpoint, pause: pauseAfter(endpoint, result, nowMs) } : endpoint,
  };
}

const RECORDED_EVERY_MS = HOUR_MS;

/**
 * Records that the receiver was reached: after a pause, or once an hour, because each write is billed.
 * A pause is not cut short by a request that was in flight when it began.
 */
function reached(endpoint: Endpoint, nowMs: number): Endpoint {
  const { pause, deliveredAtMs } = endpoint;
  const isOver = pause !== null && pause.untilMs <= nowMs;
  const isRecorded = nowMs - (deliveredAtMs ?? 0) < RECORDED_EVERY_MS;
  if (isRecorded && !isOver) return endpoint;
  return { ...endpoint, pause: isOver ? null : pause, deliveredAtMs: nowMs };
}

function disabled(endpoint: Endpoint, reason: WebhookDisabledReason, atMs: number): Endpoint {
  return { ...endpoint, revision: endpoint.revision + 1, disabled: { atMs, reason } };
}

/** Not every 3xx is a redirect: 304 says that nothing has changed. */
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

function errorOf(result: TryResult): string | null {
  if (result.kind === "unanswered") return result.error;
  const { status } = result;
  if (status >= 200 && status < 300) return null;
  if (REDIRECTS.includes(status)) return "it redirects: give the webhook the new address";
  return `it answered with HTTP status ${status}`;
}

/** Returns how long nothing is sent to the receiver, on top of the pause for the one event that failed. */
function pauseAfter(endpoint: Endpoint, result: TryResult, nowMs: number): Endpoint["pause"] {
  const { pause } = endpoint;
  const asked = result.kind === "answered" ? result.retryAfterSeconds : null;
  const isBusy = result.kind === "unanswered" || BUSY_STATUSES.includes(result.status);
  if (!isBusy && asked === null) return pause;
  // The response to a request that was in flight when the pause began says nothing new.
  if (pause !== null && nowMs < pause.untilMs) return pause;
  const doubled = Math.max(FIRST_BACKOFF_SECONDS, (pause?.seconds ?? 0) * 2);
  const seconds =
    asked === null
      ? Math.min(MAX_BACKOFF_SECONDS, doubled)
      : Math.min(MAX_RETRY_AFTER_SECONDS, asked);
  return { untilMs: nowMs + seconds * SECOND_MS, seconds };
}
