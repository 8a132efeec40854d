import { settingsFor } from "../../src/routes/webhooks.ts";
import type { Operation } from "./operation.ts";

const WEBHOOK = { path: "/v1/webhooks/:webhook", tag: "Webhooks", scope: "admin" } as const;
const STATE = { json: "WebhookState" } as const;
const DELIVERY = { json: "WebhookDelivery" } as const;

/** What can be asked about webhooks. */
export const WEBHOOK_OPERATIONS: readonly Operation[] = [
  {
    ...WEBHOOK,
    id: "listWebhooks",
    method: "get",
    path: "/v1/webhooks",
    summary: "Lists the webhooks",
    answers: { 200: { description: "All of them.", content: { json: "WebhookList" } } },
  },
  {
    ...WEBHOOK,
    id: "putWebhook",
    method: "put",
    summary: "Makes or changes a webhook",
    // Which hosts a URL may have, the service's settings say.
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
    answers: { 204: { description: "Nothing of it is left.", content: null } },
  },
  {
    ...WEBHOOK,
    id: "testWebhook",
    method: "post",
    path: "/v1/webhooks/:webhook/test",
    summary: "Sends an event that is made for this test, and waits for what comes of it",
    answers: { 200: { description: "The delivery.", content: DELIVERY } },
    problems: [404, 409],
  },
  {
    ...WEBHOOK,
    id: "listDeliveries",
    method: "get",
    path: "/v1/webhooks/:webhook/deliveries",
    summary: "Lists the last 100 deliveries, the newest first",
    answers: { 200: { description: "The deliveries.", content: { json: "WebhookDeliveryList" } } },
    problems: [404],
  },
  {
    ...WEBHOOK,
    id: "redeliver",
    method: "post",
    path: "/v1/webhooks/:webhook/deliveries/:delivery/redeliver",
    summary: "Tries a delivery again",
    answers: { 202: { description: "The delivery, which is on its way.", content: DELIVERY } },
    problems: [404, 409],
  },
];
