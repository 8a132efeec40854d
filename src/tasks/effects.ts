import type { TaskState } from "../../worker-client/protocol.ts";
import type { WebhookEvent } from "../../worker-client/protocol-webhooks.ts";
import { withEntry } from "../durable/outbox.ts";
import { lastAttempt } from "./attempts.ts";
import type { TaskEvent } from "./events.ts";
import { ALIVE, countsOf, isSame, parentOf } from "./family.ts";
import { isEnded, type Task } from "./task.ts";

/** Something another object must learn about a task. It is sent until it is accepted. */
export type Effect = OuterEffect | ParentEffect;

/** Effects on queues and webhooks. */
export type OuterEffect =
  /** The task waits in this queue, and can be claimed from `availableAtMs` on, or at once if null. */
  | {
      readonly type: "queue.add";
      readonly queue: string;
      /** The task's last attempt. A message with a later one is newer. */
      readonly attempt: number;
      readonly priority: number;
      readonly availableAtMs: number | null;
    }
  /** The task no longer waits in this queue or runs from it. */
  | { readonly type: "queue.leave"; readonly queue: string }
  /** A webhook event, with the task's state at that time. */
  | {
      readonly type: "event";
      readonly event: WebhookEvent;
      readonly atMs: number;
      readonly state: TaskState;
    };

type ParentEffect =
  /** The parent gets a report on the task, as it is when this is sent. */
  | { readonly type: "parent.report"; readonly parent: string }
  /** The task supersedes its parent's earlier children. */
  | {
      readonly type: "parent.supersede";
      readonly parent: string;
      /** The subject of the token that declared it. Earlier versions did not store this. */
      readonly requestedBy?: string | null;
    };

/**
 * What other objects must learn of a change. Declaring a task does not add it to its queue here:
 * the Worker that declares it does that.
 */
export function effectsOf(before: Task | null, after: Task, event: TaskEvent): readonly Effect[] {
  return [...queueEffects(before, after), ...parentEffects(before, after, event)];
}

function queueEffects(before: Task | null, after: Task): readonly Effect[] {
  if (before === null || before.status === after.status) return [];
  if (after.status === "pending") return inQueue(after);
  if (after.queued !== null && isEnded(after)) {
    return [{ type: "queue.leave", queue: after.queued.name }];
  }
  return [];
}

/** A parent that cancels a child gets the outcome in the reply, and needs no report. */
function parentEffects(before: Task | null, after: Task, event: TaskEvent): readonly Effect[] {
  const parent = parentOf(after);
  if (parent === null) return [];
  const effects: Effect[] = [];
  if (event.type === "declare" && before === null && after.supersedes && !isEnded(after)) {
    const { requestedBy = null } = event;
    effects.push({ type: "parent.supersede", parent, requestedBy });
  }
  const hasHeard = event.type === "cancel" && event.parent === parent;
  if (!hasHeard && !isSame(before ? countsOf(before) : ALIVE, countsOf(after))) {
    effects.push({ type: "parent.report", parent });
  }
  return effects;
}

/** Adds a pending task to its queue, if it has one. */
export function inQueue({ queued, attempt, availableAtMs }: Task): readonly Effect[] {
  if (queued === null) return [];
  const { name: queue, priority } = queued;
  return [{ type: "queue.add", queue, attempt, priority, availableAtMs }];
}

/** The webhook events of a change. */
function webhookEvents(before: Task | null, after: Task): readonly WebhookEvent[] {
  const events: WebhookEvent[] = [];
  const isLost = (task: Task | null) => task !== null && lastAttempt(task)?.outcome === "lost";
  if (after.status === "running" && after.attempt !== before?.attempt) events.push("task.started");
  if (isLost(after) && !isLost(before)) events.push("task.lost");
  if (before?.status === after.status) return events;
  if (after.status === "cancelling") events.push("task.cancelling");
  if (isEnded(after)) events.push("task.ended");
  return events;
}

/** If more events than this wait to be sent, the oldest are dropped: a task must fit into one row. */
const MAX_EVENTS = 20;

interface ChangeContext {
  readonly atMs: number;
  /** The task's state after the change. */
  readonly state: TaskState;
  /** Whether a webhook may want this event. */
  readonly isWanted: (event: WebhookEvent) => boolean;
}

/** Returns the task with the events of a change in its outbox, except those that no webhook wants. */
export function withEvents(
  before: Task | null,
  after: Task,
  { atMs, state, isWanted }: ChangeContext,
): Task {
  const events = webhookEvents(before, after).filter(isWanted);
  const effects = events.map((event) => ({ type: "event", event, atMs, state }) as const);
  const task = withEffects(after, effects);
  const waiting = task.outbox.filter(({ effect }) => effect.type === "event");
  if (waiting.length <= MAX_EVENTS) return task;
  const lost = new Set(waiting.slice(0, -MAX_EVENTS));
  return { ...task, outbox: task.outbox.filter((entry) => !lost.has(entry)) };
}

/** Returns the task with these effects in its outbox. Each replaces an unsent one with the same key. */
export function withEffects<Known extends Task>(task: Known, effects: readonly Effect[]): Known {
  if (effects.length === 0) return task;
  const outbox = effects.reduce(
    (entries, effect) => withEntry(entries, { key: keyOf(effect), serial: task.revision, effect }),
    task.outbox,
  );
  return { ...task, outbox };
}

function keyOf(effect: Effect): string {
  switch (effect.type) {
    case "queue.add":
    case "queue.leave":
      return "queue";
    case "event":
      return `${effect.event} ${effect.state.revision}`;
    case "parent.report":
    case "parent.supersede":
      return effect.type;
  }
}
