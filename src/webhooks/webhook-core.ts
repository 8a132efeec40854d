import type { WebhookDelivery, WebhookState } from "../../worker-client/protocol-webhooks.ts";
import { logLine } from "../log-line.ts";
import { afterTry, type TryResult } from "./delivery.ts";
import { DeliveryStore, type Sql } from "./delivery-store.ts";
import {
  type Endpoint,
  newDelivery,
  type OccurredEvent,
  pauseEndMs,
  type Settings,
  type StoredDelivery,
  toDelivery,
  toWebhookState,
  wants,
  withSettings,
} from "./endpoint.ts";
import { newSecret, signedHeaders } from "./signature.ts";
import type { PutAnswer, RedeliverAnswer, RegistryCalls, WebhookCalls } from "./webhook-stub.ts";

/** What a webhook needs from the platform. */
export interface WebhookPort {
  readonly id: string;
  now(): number;
  /** A random number from 0 to 1. */
  random(): number;
  load(): Endpoint | null;
  store(endpoint: Endpoint): void;
  readonly sql: Sql;
  /** Deletes everything, including the alarm. */
  clear(): Promise<void>;
  setAlarm(atMs: number): Promise<void>;
  /** The list of all webhooks. */
  registry(): Pick<RegistryCalls, "note" | "remove">;
  /** Sends one request, and returns the result. Never rejects. */
  send(request: WebhookSend): Promise<TryResult>;
}

export interface WebhookSend {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How many events are sent at once: a slow one must not hold up the others, nor may they flood the receiver. */
const LANES = 4;
/** A receiver that is unreachable for days must not fill the disk. */
const MAX_WAITING = 10_000;
/** How long one alarm sends. The platform ends it after 15 minutes. */
const LONGEST_DRAIN_MS = 300_000;
const ALARM_RETRY_MS = 1000;
/** An alarm that is this late is no longer relied on. */
const ALARM_LATE_MS = 1000;

/**
 * One webhook: accepts events, and sends each until it is delivered or has failed for days. An event is
 * on disk before it counts as accepted, so a crash loses none; it may then be sent twice, with the same id.
 */
export class WebhookCore implements WebhookCalls {
  readonly #port: WebhookPort;
  readonly #store: DeliveryStore;
  /** The events that are being sent. */
  readonly #sending = new Map<string, Promise<void>>();
  /** Until when the running alarm keeps sending, or null if none is running. */
  #drainsUntilMs: number | null = null;
  /** When the alarm fires, or null if not known. */
  #armedAtMs: number | null = null;
  /** Why sending failed, or undefined if it did not. */
  #failure: unknown;

  constructor(port: WebhookPort) {
    this.#port = port;
    this.#store = new DeliveryStore(port.sql);
  }

  async put(settings: Settings): Promise<PutAnswer> {
    const before = this.#port.load();
    const after = withSettings(before, settings, this.#port.now(), newSecret());
    this.#store.create();
    // A token may cover the webhook as it is now, but not the tasks that it was for before.
    if (before !== null) this.#store.keepWanted(after);
    this.#port.store(after);
    const secret = before?.secret === after.secret ? null : after.secret;
    // It may be removed while the list is told, and then cannot be read any more.
    const webhook = this.#toState(after, secret);
    if (!(await this.#note(after))) {
      if (before === null) await this.#clear();
      return { kind: "too_many" };
    }
    // It may have been paused, and no longer is.
    await this.#arm();
    return { kind: before === null ? "created" : "changed", webhook };
  }

  async read(): Promise<WebhookState | null> {
    const endpoint = this.#port.load();
    return endpoint && this.#toState(endpoint, null);
  }

  async remove(): Promise<void> {
    const revision = this.#port.load()?.revision ?? this.#port.now();
    await this.#clear();
    await this.#port.registry().remove(this.#port.id, revision);
  }

  async take(event: OccurredEvent): Promise<void> {
    const endpoint = this.#port.load();
    if (endpoint === null || endpoint.disabled !== null || !wants(endpoint, event)) return;
    if (this.#store.get(event.id) !== null) return;
    if (this.#store.waiting >= MAX_WAITING) {
      this.#port.store({ ...endpoint, dropped: endpoint.dropped + 1 });
      return;
    }
    this.#store.add(newDelivery(event, this.#port.now()));
    await this.#sendSoon();
  }

  async deliveries(): Promise<readonly WebhookDelivery[]> {
    const endpoint = this.#port.load();
    if (endpoint === null) return [];
    return this.#store.latest().map((delivery) => toDelivery(delivery, endpoint));
  }

  async redeliver(id: string): Promise<RedeliverAnswer> {
    const endpoint = this.#port.load();
    const before = endpoint && this.#store.get(id);
    if (endpoint === null || before === null) return { kind: "unknown" };
    if (endpoint.disabled !== null) return { kind: "disabled" };
    const nextTryAtMs = this.#port.now();
    const delivery = { ...before, tries: 0, nextTryAtMs, isDelivered: false };
    this.#store.update(before, delivery);
    await this.#sendSoon();
    return { kind: "accepted", delivery: toDelivery(delivery, endpoint) };
  }

  async sendTest(): Promise<WebhookDelivery | null> {
    const endpoint = this.#port.load();
    if (endpoint === null) return null;
    const nowMs = this.#port.now();
    const type = "webhook.test";
    const timestamp = new Date(nowMs).toISOString();
    const payload = JSON.stringify({ type, timestamp, data: { webhook: this.#port.id } });
    const id = `msg_${crypto.randomUUID().replaceAll("-", "")}`;
    // A test is not retried.
    const test = {
      ...newDelivery({ id, type, taskId: null, payload }, nowMs),
      nextTryAtMs: null,
    };
    this.#store.add(test);
    await this.#try(endpoint, test);
    const tested = this.#port.load() && this.#store.get(id);
    return tested && toDelivery(tested, endpoint);
  }

  /** Sends everything that is due. The alarm may fire twice, late, or for nothing. */
  async ring(): Promise<void> {
    this.#armedAtMs = null;
    try {
      await this.#drain();
      await this.#arm();
    } catch (error) {
      // The platform drops an alarm that keeps failing: set it again, so that no event is lost.
      console.error(logLine("alarm_failed", { webhook: this.#port.id, error: String(error) }));
      await this.#port.setAlarm(this.#port.now() + ALARM_RETRY_MS);
    }
  }

  async #drain(): Promise<void> {
    this.#drainsUntilMs = this.#port.now() + LONGEST_DRAIN_MS;
    this.#failure = undefined;
    this.#fillLanes();
    while (this.#sending.size > 0) await Promise.race(this.#sending.values());
    this.#drainsUntilMs = null;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Begins to send what is due, as long as there are free lanes. */
  #fillLanes(): void {
    while (this.#sending.size < LANES) {
      const nowMs = this.#port.now();
      if (this.#drainsUntilMs === null || nowMs >= this.#drainsUntilMs) return;
      const endpoint = this.#port.load();
      if (endpoint === null || endpoint.disabled !== null || pauseEndMs(endpoint) > nowMs) return;
      const delivery = this.#store.nextDue(nowMs, this.#sending);
      if (delivery === null) return;
      this.#begin(endpoint, delivery);
    }
  }

  #begin(endpoint: Endpoint, delivery: StoredDelivery): void {
    const sent = this.#try(endpoint, delivery)
      .catch((error: unknown) => {
        // A delivery whose result cannot be stored would be sent again at once, in an endless loop.
        this.#failure = error;
        this.#drainsUntilMs = null;
      })
      .finally(() => {
        this.#sending.delete(delivery.id);
        this.#fillLanes();
      });
    this.#sending.set(delivery.id, sent);
  }

  async #try(asked: Endpoint, delivery: StoredDelivery): Promise<void> {
    const headers = signedHeaders(asked, delivery, this.#port.now());
    const result = await this.#port.send({ url: asked.url, headers, body: delivery.payload });
    // The webhook may have changed in the meantime.
    const endpoint = this.#port.load();
    const before = endpoint && this.#store.get(delivery.id);
    if (endpoint === null || before === null) return;
    const settled = afterTry(endpoint, before, result, {
      nowMs: this.#port.now(),
      chance: this.#port.random(),
      revision: asked.revision,
    });
    this.#store.update(before, settled.delivery);
    if (settled.endpoint !== endpoint) this.#port.store(settled.endpoint);
    if (settled.endpoint.disabled !== null && endpoint.disabled === null) {
      this.#store.giveUp("not sent: the webhook was turned off first");
      await this.#note(settled.endpoint);
    }
  }

  /** Updates the webhook in the list. Returns false if the list is full. */
  #note({ revision, events, prefix, queue, disabled }: Endpoint): Promise<boolean> {
    const { id } = this.#port;
    const isOn = disabled === null;
    return this.#port.registry().note({ id, revision, isOn, events, prefix, queue });
  }

  async #sendSoon(): Promise<void> {
    if (this.#drainsUntilMs === null) await this.#arm();
    else this.#fillLanes();
  }

  /** Sets the alarm for what is due next, unless it fires by then anyway: setting it is a billed write. */
  async #arm(): Promise<void> {
    const endpoint = this.#port.load();
    const nextTryAtMs = endpoint && this.#store.nextTryAtMs();
    if (endpoint === null || nextTryAtMs === null) return;
    const nowMs = this.#port.now();
    const atMs = Math.max(nextTryAtMs, pauseEndMs(endpoint), nowMs);
    const armedAtMs = this.#armedAtMs;
    if (armedAtMs !== null && armedAtMs <= atMs && armedAtMs > nowMs - ALARM_LATE_MS) return;
    await this.#port.setAlarm(atMs);
    this.#armedAtMs = atMs;
  }

  async #clear(): Promise<void> {
    this.#armedAtMs = null;
    await this.#port.clear();
    this.#store.reset();
  }

  #toState(endpoint: Endpoint, secret: string | null): WebhookState {
    const { waiting } = this.#store;
    return toWebhookState(this.#port.id, endpoint, { waiting, secret, nowMs: this.#port.now() });
  }
}
