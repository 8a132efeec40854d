import { settingsFor } from "../../src/routes/webhooks.ts";
import type { Operation } from "./operation.ts";

const WEBHOOK = { path: "/v1/webhooks/:webhook", tag: "Webhooks", scope: "admin" } as const;
const STATE = { json: "WebhookState" } as const;
const DELIVERY = { json: "WebhookDelivery" } as const;

/** The operations on webhooks. */
export const WEBHOOK_OPERATIONS: readonly Operation[] = [
  {
    ...WEBHOOK,
    id: "listWebhooks",
    method: "get",
    path: "/v1/webhooks",
    summary: "Lists the webhooks",
    answers: {
      200: { description: "All webhooks that the token covers.", content: { json: "WebhookList" } },
    },
  },
  {
    ...WEBHOOK,
    id: "putWebhook",
    method: "put",
    summary: "Adds or changes a webhook",
    // The service's settings say which hosts a URL may have.
    body: { fields: settingsFor([]), type: "WebhookRequest" },
    answers: {
      201: { description: "The new webhook, with its secret.", content: STATE },
      200: { description: "The webhook as it is now.", content: STATE },
    },
    problems: [409],
  },
  {
    ...WEBHOOK,
    id: "getWebhook",
    method: "get",
    summary: "Reads a webhook",
    answers: { 200: { description: "The webhook, without its secret.", content: STATE } },
    problems: [404],
  },
  {
    ...WEBHOOK,
    id: "deleteWebhook",
    method: "delete",
    summary: "Deletes a webhook",
    answers: { 204: { description: "The webhook is deleted.", content: null } },
  },
  {
    ...WEBHOOK,
    id: "testWebhook",
    method: "post",
    path: "/v1/webhooks/:webhook/test",
    summary: "Sends a test event, and returns the outcome",
    answers: { 200: { description: "The delivery.", content: DELIVERY } },
    problems: [404, 409],
  },
  {
    ...WEBHOOK,
    id: "listDeliveries",
    method: "get",
    path: "/v1/webhooks/:webhook/deliveries",
    summary: "Lists the last 100 deliveries, newest first",
    answers: { 200: { description: "The deliveries.", content: { json: "WebhookDeliveryList" } } },
    problems: [404],
  },
  {
    ...WEBHOOK,
    id: "redeliver",
    method: "post",
    path: "/v1/webhooks/:webhook/deliveries/:delivery/redeliver",
    summary: "Delivers an event again",
    answers: { 202: { description: "The delivery, which is on its way.", content: DELIVERY } },
    problems: [404, 409],
  },
];
