import type { Attempt, Cancellation, Lease, TaskState } from "./protocol.ts";
import type { BulkCancellation, TaskHistory, TaskPage, TaskSummary } from "./protocol-directory.ts";
import type { Problem } from "./protocol-problems.ts";
import type { EnqueueAnswer, QueuedTask, QueueState } from "./protocol-queues.ts";
import type { Descendants, TaskTree } from "./protocol-trees.ts";
import { escapeTaskId } from "./task-id.ts";

/** The longest response of the service, in bytes: a hundred tasks with all they can hold. */
export const MAX_ANSWER_BYTES = 4_194_304;

type Check = (value: unknown) => boolean;

/** Checks for each property of a response. Others may come with it: a newer service sends more. */
type Shape<Type> = { readonly [Name in keyof Type]-?: Check };

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isObject: Check = (value) => typeof value === "object" && value !== null;
const isAnything: Check = (value) => value !== undefined;
const isTime: Check = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
/** JSON can contain `1e999`, which is infinite. */
const isAmount: Check = (value) => Number.isFinite(value) && Number(value) >= 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** Unknown causes and statuses pass: a newer service may have more of them. */
const CANCELLATION: Shape<Cancellation> = {
  cause: isText,
  reason: orNull(isText),
  requestedBy: orNull(isText),
  requestedAt: isTime,
  deliveredAt: orNull(isTime),
  acknowledgedAt: orNull(isTime),
  gracePeriodSeconds: orNull(isAmount),
  graceEndsAt: orNull(isTime),
};

const ATTEMPT: Shape<Attempt> = {
  attempt: isCount,
  holder: isText,
  startedAt: isTime,
  endedAt: orNull(isTime),
  outcome: orNull(isText),
  error: isAnything,
};

const LEASE: Shape<Lease> = {
  seconds: isAmount,
  heardAt: isTime,
  hasLine: isFlag,
  endsAt: isTime,
};

const DESCENDANTS: Shape<Descendants> = {
  total: isCount,
  ended: isCount,
  acknowledged: isCount,
  unconfirmed: isCount,
};

const TASK: Shape<TaskState> = {
  id: isText,
  status: isText,
  revision: isCount,
  attempt: isCount,
  createdAt: isTime,
  startedAt: orNull(isTime),
  deadlineAt: orNull(isTime),
  endedAt: orNull(isTime),
  cancellation: orNull((value) => fits(value, CANCELLATION)),
  metadata: isObject,
  result: isAnything,
  error: isAnything,
  attempts: (value) => Array.isArray(value) && value.every((attempt) => fits(attempt, ATTEMPT)),
  maxAttempts: isCount,
  failures: isCount,
  availableAt: orNull(isTime),
  lease: orNull((value) => fits(value, LEASE)),
  progress: isAnything,
  parent: orNull(isText),
  descendants: orNull((value) => fits(value, DESCENDANTS)),
  queue: orNull(isText),
  priority: Number.isSafeInteger,
  traceparent: orNull(isText),
  input: () => true,
  watchers: isCount,
};

const QUEUE: Shape<QueueState> = {
  queue: isText,
  paused: isFlag,
  accepting: isFlag,
  maxRunning: orNull(isCount),
  pending: isCount,
  delayed: isCount,
  running: isCount,
  oldestPendingSeconds: orNull(isAmount),
  waitingWorkers: isCount,
};

/** Enough to tell a task in a list from a response that is not the service's. */
const LISTED: Partial<Shape<TaskSummary>> = {
  id: isText,
  status: isText,
  createdAt: isTime,
};

const PAGE: Shape<TaskPage> = {
  tasks: (value) => Array.isArray(value) && value.every((task) => fits(task, LISTED)),
  cursor: orNull(isText),
  asOf: isTime,
};

const HISTORY: Shape<TaskHistory> = {
  entries: (value) =>
    Array.isArray(value) && value.every((entry) => fits(entry, { at: isTime, type: isText })),
};

/** What the client relies on. */
const BULK: Partial<Shape<BulkCancellation>> = {
  id: isText,
  status: isText,
  matched: isCount,
  ended: isCount,
};

const PROBLEM: Shape<Problem> = {
  type: (value) => typeof value === "string" && value.startsWith("urn:edge-canceler:problem:"),
  title: isText,
  status: isCount,
  detail: isText,
  task: (value) => value === undefined || fits(value, TASK),
};

/** Whether an error response is one of the service's own. */
export function isProblem(value: unknown): value is Problem {
  return fits(value, PROBLEM);
}

/**
 * Whether a response is the complete state of this task. What a captive portal or a broken proxy sends
 * in the service's place is not, and must not be taken for a cancel.
 */
export function isTaskState(value: unknown, id: string): value is TaskState {
  return fits(value, TASK) && has(value, "id") && value.id === escapeTaskId(id);
}

/** Whether a response is the complete state of a task with any id. */
export function isAnyTaskState(value: unknown): value is TaskState {
  return has(value, "id") && typeof value.id === "string" && isTaskState(value, value.id);
}

/** Whether a response is the complete state of this queue. */
export function isQueueState(value: unknown, queue: string): value is QueueState {
  return fits(value, QUEUE) && has(value, "queue") && value.queue === escapeTaskId(queue);
}

/** Whether a response is a page of a list. */
export function isTaskPage(value: unknown): value is TaskPage {
  return fits(value, PAGE);
}

/** Whether a response is the history of a task. */
export function isTaskHistory(value: unknown): value is TaskHistory {
  return fits(value, HISTORY);
}

/** Whether a response is the progress of a bulk cancel. */
export function isBulkCancellation(value: unknown): value is BulkCancellation {
  return fits(value, BULK);
}

/** Whether a response has the result of enqueuing each of these tasks, in this order. */
export function isEnqueueAnswer(
  value: unknown,
  asked: readonly Pick<QueuedTask, "id">[],
): value is EnqueueAnswer {
  if (!has(value, "tasks") || !Array.isArray(value.tasks)) return false;
  const { tasks } = value;
  return (
    tasks.length === asked.length &&
    asked.every(({ id }, index) => {
      const task: unknown = tasks[index];
      if (!has(task, "id") || task.id !== escapeTaskId(id)) return false;
      if (has(task, "problem")) return isProblem(task.problem);
      return (
        has(task, "outcome") &&
        isText(task.outcome) &&
        has(task, "task") &&
        isTaskState(task.task, id)
      );
    })
  );
}

const TREE: Shape<TaskTree> = {
  id: isText,
  status: orNull(isText),
  descendants: orNull((value) => fits(value, DESCENDANTS)),
  children: (value) => Array.isArray(value) && value.every((child) => fits(child, TREE)),
  hidden: isCount,
};

/** Whether a response is a tree of tasks. */
export function isTaskTree(value: unknown): value is TaskTree {
  return fits(value, TREE);
}

/** Whether a value of any type has this property. */
export function has<Name extends string>(
  value: unknown,
  name: Name,
): value is { readonly [name in Name]: unknown } {
  return name in Object(value);
}

/** Parses a text as JSON; returns undefined if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fits(value: unknown, shape: Readonly<Record<string, Check>>): boolean {
  return Object.entries(shape).every(([name, isRight]) =>
    isRight(has(value, name) ? value[name] : undefined),
  );
}
