import type { WebhookDelivery, WebhookState } from "../../worker-client/protocol-webhooks.ts";
import type { Filter, OccurredEvent, Settings } from "./endpoint.ts";

/** The result of a PUT: the webhook, or that there are too many. */
export type PutAnswer =
  | { readonly kind: "created" | "changed"; readonly webhook: WebhookState }
  | { readonly kind: "too_many" };

/** The result of a redelivery. */
export type RedeliverAnswer =
  | { readonly kind: "accepted"; readonly delivery: WebhookDelivery }
  | { readonly kind: "unknown" }
  | { readonly kind: "disabled" };

/** The RPC methods of a webhook's object. Null, or `unknown`, means that there is no such webhook. */
export interface WebhookCalls {
  put(settings: Settings): Promise<PutAnswer>;
  read(): Promise<WebhookState | null>;
  remove(): Promise<void>;
  /** Accepts an event, which may come twice. Resolves once the event is on disk, or is not wanted. */
  take(event: OccurredEvent): Promise<void>;
  deliveries(): Promise<readonly WebhookDelivery[]>;
  redeliver(delivery: string): Promise<RedeliverAnswer>;
  /** Sends a test event, and resolves once its result is known. */
  sendTest(): Promise<WebhookDelivery | null>;
}

/** A webhook as the list has it. */
export interface ListedWebhook extends Filter {
  readonly id: string;
  /** Whether it gets events. */
  readonly isOn: boolean;
  /** The higher one wins. */
  readonly revision: number;
}

/** The RPC methods of the list of webhooks. */
export interface RegistryCalls {
  list(): Promise<readonly ListedWebhook[]>;
  /** Adds or changes a webhook. Returns false if there are too many. */
  note(webhook: ListedWebhook): Promise<boolean>;
  /** Removes a webhook, unless the list has a newer revision of it. */
  remove(id: string, revision: number): Promise<void>;
}

/** The name of the list's object. */
export const REGISTRY = "webhooks";

/** The bindings of the objects of webhooks. */
export interface WebhookObjects {
  readonly WEBHOOKS: { getByName(id: string): WebhookCalls };
  readonly WEBHOOK_REGISTRY: { getByName(name: typeof REGISTRY): RegistryCalls };
}
