import { DurableObject } from "cloudflare:workers";
import type { WebhookDelivery, WebhookState } from "../../worker-client/protocol-webhooks.ts";
import { Alarm } from "../durable/alarm.ts";
import type { Env } from "../env.ts";
import type { Endpoint, OccurredEvent, Settings } from "./endpoint.ts";
import { send } from "./send.ts";
import { urlRefusal, webhookHosts } from "./target.ts";
import { WebhookCore, type WebhookPort } from "./webhook-core.ts";
import {
  type ListedWebhook,
  type PutAnswer,
  REGISTRY,
  type RedeliverAnswer,
  type RegistryCalls,
  type WebhookCalls,
} from "./webhook-stub.ts";

/** The storage key of a webhook. */
const ENDPOINT = "endpoint";

/** One webhook on Cloudflare: a Durable Object around its core. */
export class WebhookObject extends DurableObject<Env> implements WebhookCalls {
  readonly #core: WebhookCore;
  readonly #alarm: Alarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx.storage);
    this.#core = new WebhookCore(this.#port());
  }

  async put(settings: Settings): Promise<PutAnswer> {
    return this.#core.put(settings);
  }

  async read(): Promise<WebhookState | null> {
    return this.#core.read();
  }

  async remove(): Promise<void> {
    return this.#core.remove();
  }

  async take(event: OccurredEvent): Promise<void> {
    return this.#core.take(event);
  }

  async deliveries(): Promise<readonly WebhookDelivery[]> {
    return this.#core.deliveries();
  }

  async redeliver(delivery: string): Promise<RedeliverAnswer> {
    return this.#core.redeliver(delivery);
  }

  async sendTest(): Promise<WebhookDelivery | null> {
    return this.#core.sendTest();
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.rings(info);
    await this.#core.ring();
  }

  #port(): WebhookPort {
    const { storage } = this.ctx;
    const { name = "" } = this.ctx.id;
    return {
      id: name,
      now: () => Date.now(),
      random: () => Math.random(),
      load: () => storage.kv.get<Endpoint>(ENDPOINT) ?? null,
      store: (endpoint) => storage.kv.put(ENDPOINT, endpoint),
      sql: (query, ...bindings) => storage.sql.exec(query, ...bindings).toArray(),
      clear: () => storage.deleteAll(),
      setAlarm: (atMs) => this.#alarm.set(atMs),
      registry: () => this.env.WEBHOOK_REGISTRY.getByName(REGISTRY),
      send: async (request) => {
        // The setting may have changed since the webhook was created.
        const hosts = webhookHosts(this.env.WEBHOOK_HOSTS);
        if (hosts.kind !== "listed") {
          return { kind: "unanswered", error: "not sent: WEBHOOK_HOSTS turns webhooks off" };
        }
        const refusal = urlRefusal(request.url, hosts.patterns);
        return refusal === null
          ? send(request)
          : { kind: "unanswered", error: `not sent: its URL ${refusal}` };
      },
    };
  }
}

const MAX_WEBHOOKS = 50;

/** The list of all webhooks: one object, which tasks ask for the webhooks that want their events. */
export class WebhookRegistryObject extends DurableObject<Env> implements RegistryCalls {
  async list(): Promise<readonly ListedWebhook[]> {
    return Array.from(this.ctx.storage.kv.list<ListedWebhook>(), ([, webhook]) => webhook);
  }

  async note(webhook: ListedWebhook): Promise<boolean> {
    const { kv } = this.ctx.storage;
    const before = kv.get<ListedWebhook>(webhook.id);
    if (before === undefined && Array.from(kv.list()).length >= MAX_WEBHOOKS) return false;
    // Two changes of one webhook can arrive in the wrong order.
    if (before === undefined || before.revision < webhook.revision) kv.put(webhook.id, webhook);
    return true;
  }

  async remove(id: string, revision: number): Promise<void> {
    const { kv } = this.ctx.storage;
    const before = kv.get<ListedWebhook>(id);
    if (before !== undefined && before.revision <= revision) kv.delete(id);
  }
}
