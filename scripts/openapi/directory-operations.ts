import { BULK_CANCEL } from "../../src/routes/bulk.ts";
import { TASK_PREFIX_PATTERN } from "../../worker-client/task-id.ts";
import type { Operation, Parameter } from "./operation.ts";

const SELECTION: readonly Parameter[] = [
  {
    name: "status",
    in: "query",
    description: "Statuses, separated by commas.",
    schema: { type: "string", examples: ["running,cancelling"] },
  },
  {
    name: "queue",
    in: "query",
    description: "Only tasks of this queue.",
    schema: { type: "string" },
  },
  {
    name: "parent",
    in: "query",
    description: "Only children of this task.",
    schema: { type: "string" },
  },
  {
    name: "prefix",
    in: "query",
    description: "Only tasks whose ids begin with this.",
    schema: { type: "string", pattern: TASK_PREFIX_PATTERN.source },
  },
  {
    name: "createdAfter",
    in: "query",
    description: "Only tasks that were created after this time (RFC 3339).",
    schema: { type: "string", format: "date-time" },
  },
];

const PAGE: readonly Parameter[] = [
  {
    name: "limit",
    in: "query",
    description: "The maximum number of tasks on a page. Default: 50.",
    schema: { type: "integer", minimum: 1, maximum: 100 },
  },
  {
    name: "cursor",
    in: "query",
    description: "The cursor of the previous page.",
    schema: { type: "string" },
  },
];

const LISTS = { method: "get", tag: "Lists", scope: "watch" } as const;

/** The operations on many tasks. */
export const DIRECTORY_OPERATIONS: readonly Operation[] = [
  {
    ...LISTS,
    id: "listTasks",
    path: "/v1/tasks",
    summary: "Lists tasks, newest first",
    parameters: [...SELECTION, ...PAGE],
    answers: {
      200: {
        description: "A page of the tasks that the token covers.",
        content: { json: "TaskPage" },
      },
    },
    problems: [404],
  },
  {
    ...LISTS,
    id: "getStats",
    path: "/v1/stats",
    summary: "Counts tasks by status and queue, as JSON or for Prometheus",
    answers: {
      200: { description: "The counts.", content: { json: "TaskStats", text: true } },
    },
    problems: [404],
  },
  {
    id: "cancelTasks",
    method: "post",
    path: "/v1/cancellations",
    tag: "Cancel",
    scope: "cancel",
    summary: "Cancels many tasks",
    body: { fields: BULK_CANCEL, type: "BulkCancelRequest" },
    answers: {
      202: {
        description: "The cancel has started; the service carries it out.",
        content: { json: "BulkCancellation" },
      },
    },
    problems: [404],
  },
  {
    id: "getCancellation",
    method: "get",
    path: "/v1/cancellations/:id",
    tag: "Cancel",
    scope: "cancel",
    summary: "Returns or streams the progress of a bulk cancel",
    answers: {
      200: {
        description: "The progress.",
        content: { json: "BulkCancellation", stream: true },
      },
    },
    problems: [404],
  },
  {
    ...LISTS,
    id: "getTaskHistory",
    path: "/v1/tasks/:id/history",
    summary: "Returns what happened to a task, and who did it",
    answers: {
      200: { description: "The history, oldest entry first.", content: { json: "TaskHistory" } },
    },
    problems: [404],
  },
];
