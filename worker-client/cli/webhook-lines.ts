import type { WebhookDelivery, WebhookState } from "../index.ts";
import { WEBHOOK_EVENTS } from "../protocol-webhooks.ts";
import { showDuration, timeBetween } from "./task-lines.ts";
import { inLine, type Line, oneLine, type Part } from "./terminal.ts";

/** A webhook in one line, for people. */
export function webhookLine(webhook: WebhookState): Line {
  const { id, url, events, prefix, queue, waiting, dropped } = webhook;
  const isForAll = events.length === WEBHOOK_EVENTS.length;
  return inLine(
    oneLine(id),
    statusOf(webhook),
    oneLine(url),
    isForAll ? "all events" : oneLine(events.join(", ")),
    prefix !== null && `tasks ${oneLine(prefix)}*`,
    queue !== null && `queue ${oneLine(queue)}`,
    waiting > 0 && `${waiting} waiting`,
    dropped > 0 && { text: `${dropped} dropped`, style: "red" },
  );
}

function statusOf({ disabledReason }: WebhookState): Part {
  switch (disabledReason) {
    case null:
      return { text: "on", style: "green" };
    case "gone":
      return { text: "off: it answered 410", style: "red" };
    case "failing":
      return { text: "off: nothing reached it for days", style: "red" };
  }
}

/** A delivery in one line, for people. */
export function deliveryLine(delivery: WebhookDelivery, nowMs: number): Line {
  const { id, type, taskId, status, tries, createdAt, nextTryAt, error } = delivery;
  const style = { waiting: "yellow", delivered: "green", failed: "red" } as const;
  const waitMs = nextTryAt === null ? 0 : Date.parse(nextTryAt) - nowMs;
  return inLine(
    oneLine(id),
    { text: oneLine(status), style: style[status] },
    oneLine(type),
    taskId !== null && oneLine(taskId),
    `${showDuration(timeBetween(createdAt, nowMs))} ago`,
    tries > 1 && `${tries} tries`,
    waitMs > 0 && `next in ${showDuration(waitMs)}`,
    error !== null && oneLine(error),
  );
}
