import type {
  WebhookDelivery,
  WebhookDisabledReason,
  WebhookEvent,
  WebhookState,
} from "../../worker-client/protocol-webhooks.ts";

/** Which events a webhook wants. */
export interface Filter {
  readonly events: readonly WebhookEvent[];
  readonly prefix: string | null;
  readonly queue: string | null;
}

/** The settings that a PUT gives a webhook. */
export interface Settings extends Filter {
  readonly url: string;
  /** Null keeps the current secret or, for a new webhook, makes one. */
  readonly secret: string | null;
  readonly rotateSecret: boolean;
}

/** A webhook as it is stored. Times are milliseconds since 1970. */
export interface Endpoint extends Filter {
  /** Grows with each change, and beyond the revisions of an earlier webhook with this id. */
  readonly revision: number;
  readonly url: string;
  readonly createdAtMs: number;
  readonly secret: string;
  /** Earlier secrets that still sign, each until a certain time. */
  readonly earlierSecrets: readonly { readonly secret: string; readonly untilMs: number }[];
  readonly disabled: { readonly atMs: number; readonly reason: WebhookDisabledReason } | null;
  /** Nothing is sent until then. Null while the receiver responds, as far as is known. */
  readonly pause: { readonly untilMs: number; readonly seconds: number } | null;
  readonly deliveredAtMs: number | null;
  readonly dropped: number;
}

/** An event that has happened, for the webhooks that want it. */
export interface OccurredEvent {
  /** The same each time the event is sent. */
  readonly id: string;
  readonly type: WebhookEvent;
  readonly taskId: string;
  readonly queue: string | null;
  /** The exact body that is sent. */
  readonly payload: string;
}

/** A delivery as it is stored. Times are milliseconds since 1970. */
export interface StoredDelivery {
  readonly id: string;
  readonly type: WebhookDelivery["type"];
  readonly taskId: string | null;
  readonly createdAtMs: number;
  readonly payload: string;
  readonly tries: number;
  readonly triedAtMs: number | null;
  /** Null if it is not tried again. */
  readonly nextTryAtMs: number | null;
  readonly isDelivered: boolean;
  readonly answerStatus: number | null;
  readonly error: string | null;
}

/** Returns the delivery of an event, or of a test, due at once. */
export function newDelivery(
  event: Pick<StoredDelivery, "id" | "type" | "taskId" | "payload">,
  nowMs: number,
): StoredDelivery {
  const { id, type, taskId, payload } = event;
  return {
    id,
    type,
    taskId,
    payload,
    createdAtMs: nowMs,
    tries: 0,
    triedAtMs: null,
    nextTryAtMs: nowMs,
    isDelivered: false,
    answerStatus: null,
    error: null,
  };
}

/** How long an earlier secret still signs. */
const EARLIER_SECRET_MS = 24 * 3600 * 1000;
const MAX_EARLIER_SECRETS = 3;

/** Whether a webhook wants an event of a task. */
export function wants(
  { events, prefix, queue }: Filter,
  event: Pick<OccurredEvent, "type" | "taskId" | "queue">,
): boolean {
  if (!events.includes(event.type)) return false;
  if (prefix !== null && !event.taskId.startsWith(prefix)) return false;
  return queue === null || event.queue === queue;
}

/** Returns the webhook with these settings, turned on. `newSecret` is used if it needs one. */
export function withSettings(
  before: Endpoint | null,
  settings: Settings,
  nowMs: number,
  newSecret: string,
): Endpoint {
  const { secret: given, rotateSecret, ...rest } = settings;
  const kept = rotateSecret ? newSecret : (before?.secret ?? newSecret);
  const secret = given ?? kept;
  return {
    ...rest,
    revision: Math.max(nowMs, (before?.revision ?? 0) + 1),
    createdAtMs: before?.createdAtMs ?? nowMs,
    secret,
    earlierSecrets: before === null ? [] : earlierSecrets(before, secret, nowMs),
    disabled: null,
    pause: null,
    deliveredAtMs: before?.deliveredAtMs ?? null,
    dropped: before?.dropped ?? 0,
  };
}

function earlierSecrets(before: Endpoint, secret: string, nowMs: number) {
  const earlier = before.earlierSecrets.filter(({ untilMs }) => nowMs < untilMs);
  if (before.secret === secret) return earlier;
  return [{ secret: before.secret, untilMs: nowMs + EARLIER_SECRET_MS }, ...earlier]
    .filter((one) => one.secret !== secret)
    .slice(0, MAX_EARLIER_SECRETS);
}

/** A stored webhook as its owner sees it. `secret` is null unless it is new. */
export function toWebhookState(
  id: string,
  endpoint: Endpoint,
  { waiting, secret, nowMs }: { waiting: number; secret: string | null; nowMs: number },
): WebhookState {
  const untilMs = Math.max(0, ...endpoint.earlierSecrets.map((one) => one.untilMs));
  return {
    id,
    url: endpoint.url,
    events: endpoint.events,
    prefix: endpoint.prefix,
    queue: endpoint.queue,
    createdAt: rfc3339(endpoint.createdAtMs),
    disabledAt: rfc3339(endpoint.disabled?.atMs ?? null),
    disabledReason: endpoint.disabled?.reason ?? null,
    earlierSecretUntil: untilMs > nowMs ? rfc3339(untilMs) : null,
    waiting,
    dropped: endpoint.dropped,
    ...(secret !== null && { secret }),
  };
}

/** Until when nothing is sent, because the whole receiver is overloaded or unreachable. */
export function pauseEndMs({ pause }: Endpoint): number {
  return pause?.untilMs ?? 0;
}

/** A stored delivery as its owner sees it. */
export function toDelivery(stored: StoredDelivery, endpoint: Endpoint): WebhookDelivery {
  const { id, type, taskId, tries, answerStatus, error, nextTryAtMs } = stored;
  const settled = stored.isDelivered ? "delivered" : "failed";
  return {
    id,
    type,
    taskId,
    status: nextTryAtMs === null ? settled : "waiting",
    createdAt: rfc3339(stored.createdAtMs),
    tries,
    triedAt: rfc3339(stored.triedAtMs),
    nextTryAt: rfc3339(nextTryAtMs && Math.max(nextTryAtMs, pauseEndMs(endpoint))),
    answerStatus,
    error,
  };
}

function rfc3339(atMs: number): string;
function rfc3339(atMs: number | null): string | null;
function rfc3339(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
