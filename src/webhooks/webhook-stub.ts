import type { WebhookDelivery, WebhookState } from "../../worker-client/protocol-webhooks.ts";
import type { Filter, OccurredEvent, Settings } from "./endpoint.ts";

/** What came of a PUT: the webhook, or that there are as many as there may be. */
export type PutAnswer =
  | { readonly kind: "created" | "changed"; readonly webhook: WebhookState }
  | { readonly kind: "too_many" };

/** What came of asking for another delivery. */
export type RedeliverAnswer =
  | { readonly kind: "accepted"; readonly delivery: WebhookDelivery }
  | { readonly kind: "unknown" }
  | { readonly kind: "disabled" };

/** What the object of a webhook can be asked by RPC. Null, or `unknown`: there is no such webhook. */
export interface WebhookCalls {
  put(settings: Settings): Promise<PutAnswer>;
  read(): Promise<WebhookState | null>;
  remove(): Promise<void>;
  /** Takes an event; it may come again. Once this resolves, it is on disk, or not wanted. */
  take(event: OccurredEvent): Promise<void>;
  deliveries(): Promise<readonly WebhookDelivery[]>;
  redeliver(delivery: string): Promise<RedeliverAnswer>;
  /** Sends an event of its own, and resolves when that was answered or not. */
  sendTest(): Promise<WebhookDelivery | null>;
}

/** A webhook as the list of them has it. */
export interface ListedWebhook extends Filter {
  readonly id: string;
  /** Whether it gets events. */
  readonly isOn: boolean;
  /** A later one counts. */
  readonly revision: number;
}

/** What the list of webhooks can be asked by RPC. */
export interface RegistryCalls {
  list(): Promise<readonly ListedWebhook[]>;
  /** Adds or changes a webhook. Returns false if there are too many. */
  note(webhook: ListedWebhook): Promise<boolean>;
  /** Takes a webhook out, as it was at a revision or before. */
  remove(id: string, revision: number): Promise<void>;
}

/** The name of the one list. */
export const REGISTRY = "webhooks";

/** The objects of webhooks, as their callers reach them. */
export interface WebhookObjects {
  readonly WEBHOOKS: { getByName(id: string): WebhookCalls };
  readonly WEBHOOK_REGISTRY: { getByName(name: typeof REGISTRY): RegistryCalls };
}
