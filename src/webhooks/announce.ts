import type { TaskState } from "../../worker-client/protocol.ts";
import type { WebhookEvent, WebhookPayload } from "../../worker-client/protocol-webhooks.ts";
import { type OccurredEvent, wants } from "./endpoint.ts";
import { webhookHosts } from "./target.ts";
import { type ListedWebhook, REGISTRY, type WebhookObjects } from "./webhook-stub.ts";

/** How long a copy of the list is fresh: until then a new webhook may miss events that other isolates announce. */
const KNOWN_FOR_MS = 10_000;

let known: { readonly webhooks: readonly ListedWebhook[]; readonly atMs: number } | null = null;

interface WebhookSettings {
  readonly WEBHOOK_HOSTS?: string;
}

/** An event of a task, and the task's state at that time. */
interface TaskEvent {
  readonly event: WebhookEvent;
  readonly atMs: number;
  readonly state: TaskState;
}

/** Whether a webhook may want this event: one does, or the list has to be fetched first. */
export function mayBeWanted(
  { WEBHOOK_HOSTS }: WebhookSettings,
  type: WebhookEvent,
  { id: taskId, queue }: TaskState,
): boolean {
  if (webhookHosts(WEBHOOK_HOSTS).kind !== "listed") return false;
  const webhooks = freshList();
  return webhooks === null || webhooks.some((webhook) => isFor(webhook, { type, taskId, queue }));
}

/** Hands an event to each webhook that wants it. Rejects unless all of them have accepted it. */
export async function announce(
  env: WebhookObjects,
  { event: type, atMs, state }: TaskEvent,
): Promise<void> {
  const { id: taskId, queue } = state;
  const webhooks = freshList() ?? (await fetchList(env));
  const wanting = webhooks.filter((webhook) => isFor(webhook, { type, taskId, queue }));
  if (wanting.length === 0) return;
  const timestamp = new Date(atMs).toISOString();
  const payload: WebhookPayload = { type, timestamp, data: state };
  const event: OccurredEvent = {
    id: await idOf(type, state),
    type,
    taskId,
    queue,
    payload: JSON.stringify(payload),
  };
  await Promise.all(wanting.map(({ id }) => env.WEBHOOKS.getByName(id).take(event)));
}

/** Drops this isolate's copy of the list after a change, so that the next event fetches it again. */
export function forgetKnownWebhooks(): void {
  known = null;
}

function isFor(webhook: ListedWebhook, event: Parameters<typeof wants>[1]): boolean {
  return webhook.isOn && wants(webhook, event);
}

function freshList(): readonly ListedWebhook[] | null {
  if (known === null || Math.abs(Date.now() - known.atMs) >= KNOWN_FOR_MS) return null;
  return known.webhooks;
}

async function fetchList(env: WebhookObjects): Promise<readonly ListedWebhook[]> {
  const webhooks = await env.WEBHOOK_REGISTRY.getByName(REGISTRY).list();
  known = { webhooks, atMs: Date.now() };
  return webhooks;
}

const ID_BYTES = 16;

/** Returns the id of an event: the same each time it is sent, and different from every other event's. */
async function idOf(type: WebhookEvent, { id, revision }: TaskState): Promise<string> {
  const text = new TextEncoder().encode(`${type} ${revision} ${id}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  const hex = Array.from(digest.slice(0, ID_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
  return `msg_${hex.join("")}`;
}
