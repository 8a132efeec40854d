import type { TaskState } from "../../worker-client/protocol.ts";
import type { WebhookEvent } from "../../worker-client/protocol-webhooks.ts";
import { withEntry } from "../durable/outbox.ts";
import { lastAttempt } from "./attempts.ts";
import type { TaskEvent } from "./events.ts";
import { ALIVE, countsOf, isSame, parentOf } from "./family.ts";
import { isEnded, type Task } from "./task.ts";

/** What another object must learn of a task. It is sent until it has been taken. */
export type Effect = OuterEffect | ParentEffect;

/** Effects on queues and webhooks. */
export type OuterEffect =
  /** The task waits in this queue, and can be claimed from a time on (null: now). */
  | {
      readonly type: "queue.add";
      readonly queue: string;
      /** The last one that it had: what is said of a later one is newer. */
      readonly attempt: number;
      readonly priority: number;
      readonly availableAtMs: number | null;
    }
  /** The task neither waits in this queue nor runs from there. */
  | { readonly type: "queue.leave"; readonly queue: string }
  /** Something has happened that webhooks can be told of: how the task was then. */
  | {
      readonly type: "event";
      readonly event: WebhookEvent;
      readonly atMs: number;
      readonly state: TaskState;
    };

type ParentEffect =
  /** The parent learns how the task is, as it is when that is sent. */
  | { readonly type: "parent.report"; readonly parent: string }
  /** The task takes the place of its parent's earlier children. */
  | {
      readonly type: "parent.supersede";
      readonly parent: string;
      /** Whose token declared it. An earlier version did not say. */
      readonly requestedBy?: string | null;
    };

/**
 * What others must learn of a change. A task that is declared causes nothing here: the Worker that
 * declares it puts it into its queue.
 */
export function effectsOf(before: Task | null, after: Task, event: TaskEvent): readonly Effect[] {
  return [...toQueue(before, after), ...toParent(before, after, event)];
}

function toQueue(before: Task | null, after: Task): readonly Effect[] {
  if (before === null || before.status === after.status) return [];
  if (after.status === "pending") return inQueue(after);
  if (after.queued !== null && isEnded(after)) {
    return [{ type: "queue.leave", queue: after.queued.name }];
  }
  return [];
}

/** A parent that tells its child to stop is answered what comes of it, and need not learn it again. */
function toParent(before: Task | null, after: Task, event: TaskEvent): readonly Effect[] {
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

/** A pending task has its place in its queue, if it has one. */
export function inQueue({ queued, attempt, availableAtMs }: Task): readonly Effect[] {
  if (queued === null) return [];
  const { name: queue, priority } = queued;
  return [{ type: "queue.add", queue, attempt, priority, availableAtMs }];
}

/** What happened in a change that webhooks can be told of. */
function happened(before: Task | null, after: Task): readonly WebhookEvent[] {
  const events: WebhookEvent[] = [];
  const isLost = (task: Task | null) => task !== null && lastAttempt(task)?.outcome === "lost";
  if (after.status === "running" && after.attempt !== before?.attempt) events.push("task.started");
  if (isLost(after) && !isLost(before)) events.push("task.lost");
  if (before?.status === after.status) return events;
  if (after.status === "cancelling") events.push("task.cancelling");
  if (isEnded(after)) events.push("task.ended");
  return events;
}

/** If nobody takes them for so long, the oldest are lost: a task has to fit into one row. */
const MAX_EVENTS = 20;

interface Telling {
  readonly atMs: number;
  /** How the task is after the change. */
  readonly state: TaskState;
  /** Whether a webhook may want to be told. */
  readonly isWanted: (event: WebhookEvent) => boolean;
}

/** The task with the events of a change in its outbox, as far as a webhook may want them. */
export function withEvents(
  before: Task | null,
  after: Task,
  { atMs, state, isWanted }: Telling,
): Task {
  const events = happened(before, after).filter(isWanted);
  const effects = events.map((event) => ({ type: "event", event, atMs, state }) as const);
  const task = withEffects(after, effects);
  const waiting = task.outbox.filter(({ effect }) => effect.type === "event");
  if (waiting.length <= MAX_EVENTS) return task;
  const lost = new Set(waiting.slice(0, -MAX_EVENTS));
  return { ...task, outbox: task.outbox.filter((entry) => !lost.has(entry)) };
}

/** The task with these effects in its outbox. One that is still there of the same key is outdated. */
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
