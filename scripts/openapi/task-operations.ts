import { CANCEL } from "../../src/routes/cancel.ts";
import { DECLARE, FINISH, HEARTBEAT, RELEASE, START } from "../../src/routes/tasks.ts";
import { type Operation, PARENT, type Parameter, TASK, WAIT } from "./operation.ts";

const ROLE: readonly Parameter[] = [
  {
    name: "attempt",
    in: "query",
    description:
      "The attempt that the watching worker runs. Together with `holder`, it makes the watch a sign of life.",
    schema: { type: "integer", minimum: 1 },
  },
  {
    name: "holder",
    in: "query",
    description: "The holder of that attempt.",
    schema: { type: "string", minLength: 1, maxLength: 128 },
  },
  {
    name: "observe",
    in: "query",
    description: "Whether the caller only observes: no cancel counts as delivered to it.",
    schema: { type: "boolean" },
  },
];

const SOCKET: readonly Parameter[] = [
  {
    name: "direct",
    in: "query",
    description: "For a WebSocket: 1 if the caller closes it once the task has ended.",
    schema: { const: "1" },
  },
  {
    name: "watch",
    in: "query",
    description:
      "Any text. A browser sends requests for the same URL one after the other, so give parallel watches different texts.",
    schema: { type: "string" },
  },
];

const TREE: Parameter = {
  name: "tree",
  in: "query",
  description: "Whether to wait for everything below the task as well.",
  schema: { type: "boolean" },
};

const REVISION: readonly Parameter[] = [
  {
    name: "revision",
    in: "query",
    description: "The revision that the caller has. A watch returns once the task has another one.",
    schema: { type: "integer", minimum: 0 },
  },
  {
    name: "If-None-Match",
    in: "header",
    description: "The same as `revision`, as an ETag.",
    schema: { type: "string" },
  },
  {
    name: "Last-Event-ID",
    in: "header",
    description: "The same as `revision`, as an EventSource sends it.",
    schema: { type: "string" },
  },
  {
    name: "lastEventId",
    in: "query",
    description: "The same as `revision`, as sent by an EventSource that cannot set a header.",
    schema: { type: "integer", minimum: 0 },
  },
];

const TASKS = { path: "/v1/tasks/:id", tag: "Tasks" } as const;
const RUNS = { method: "post", tag: "Runs", scope: "work" } as const;
const PLAIN = { tag: "Plain text" } as const;

const AS_IT_IS = { description: "The task as it is now.", content: TASK } as const;

/** The operations on one task. */
export const TASK_OPERATIONS: readonly Operation[] = [
  {
    ...TASKS,
    id: "declareTask",
    method: "put",
    summary: "Declares a task",
    scope: "declare",
    parameters: [PARENT],
    body: { fields: DECLARE, type: "DeclareRequest" },
    answers: {
      201: { description: "The new task.", content: TASK },
      200: { description: "The task already exists, and stays as it is.", content: TASK },
    },
    problems: [404, 409],
  },
  {
    ...TASKS,
    id: "getTask",
    method: "get",
    summary: "Reads a task, or watches it with a long poll, event stream or WebSocket",
    scope: "watch",
    parameters: [...WAIT, ...REVISION, ...ROLE, ...SOCKET],
    answers: {
      200: {
        description: "The task, or a stream of its states.",
        content: { ...TASK, stream: true },
      },
      204: { description: "The task has ended, and the event stream is over.", content: null },
      304: { description: "The revision that the caller has is still current.", content: null },
      101: { description: "A WebSocket that sends the task at each change.", content: null },
    },
    problems: [404, 410],
  },
  {
    ...TASKS,
    id: "getTree",
    method: "get",
    path: "/v1/tasks/:id/tree",
    summary: "Returns the tree below a task",
    scope: "watch",
    parameters: [
      {
        name: "depth",
        in: "query",
        description: "How many levels to return.",
        schema: { type: "integer", minimum: 0, maximum: 32, default: 3 },
      },
    ],
    answers: { 200: { description: "The task and its children.", content: { json: "TaskTree" } } },
    problems: [404],
  },
  {
    ...TASKS,
    id: "forgetTask",
    method: "delete",
    summary: "Forgets an ended task now",
    scope: "declare",
    answers: { 204: { description: "Nothing of the task is left.", content: null } },
    problems: [409],
  },
  {
    ...RUNS,
    id: "startTask",
    path: "/v1/tasks/:id/start",
    summary: "Starts an attempt",
    parameters: [PARENT],
    body: { fields: START, type: "StartRequest" },
    answers: {
      200: { description: "The task, with the attempt that this holder runs.", content: TASK },
    },
    problems: [404, 409],
  },
  {
    ...RUNS,
    id: "heartbeat",
    path: "/v1/tasks/:id/heartbeat",
    summary: "Reports that a run is alive, and its progress",
    body: { fields: HEARTBEAT, type: "HeartbeatRequest" },
    answers: { 200: AS_IT_IS },
    problems: [404, 409],
  },
  {
    ...RUNS,
    id: "releaseTask",
    path: "/v1/tasks/:id/release",
    summary: "Gives a task back",
    body: { fields: RELEASE, type: "ReleaseRequest" },
    answers: { 200: AS_IT_IS },
    problems: [404, 409],
  },
  {
    ...RUNS,
    id: "finishTask",
    path: "/v1/tasks/:id/finish",
    summary: "Reports how an attempt ended",
    body: { fields: FINISH, type: "FinishRequest" },
    answers: { 200: AS_IT_IS },
    problems: [404, 409],
  },
  {
    ...RUNS,
    id: "retryTask",
    path: "/v1/tasks/:id/retry",
    tag: "Tasks",
    scope: "declare",
    summary: "Lets a failed task run again",
    answers: { 200: AS_IT_IS },
    problems: [404, 409],
  },
  {
    id: "cancelTask",
    method: "post",
    path: "/v1/tasks/:id/cancel",
    tag: "Cancel",
    summary: "Cancels a task",
    scope: "cancel",
    parameters: [...WAIT, TREE],
    body: { fields: CANCEL, type: "CancelRequest" },
    answers: {
      202: {
        description:
          "The cancel is on record; the worker has yet to stop, or with `tree` something below the task has yet to end.",
        content: TASK,
      },
      200: {
        description: "The task has ended, and with `tree` everything below it.",
        content: TASK,
      },
    },
    problems: [404, 410],
  },
  ...(["get", "post"] as const).map(
    (method): Operation => ({
      ...PLAIN,
      id: `${method}CancelTask`,
      method,
      path: "/cancel-task/:id",
      summary: "Cancels a task; returns plain text, for curl in a loop",
      scope: "cancel",
      answers: {
        200: { description: "The cancel is on record.", content: { plain: { const: "ok" } } },
      },
      problems: [404],
    }),
  ),
  {
    ...PLAIN,
    id: "watchTask",
    method: "get",
    path: "/watch-task/:id",
    summary: "Waits for a cancel; returns plain text, for curl in a loop",
    scope: "watch",
    parameters: ROLE,
    answers: {
      200: {
        description: "Whether somebody has cancelled the task.",
        content: { plain: { enum: ["true", "false"] } },
      },
    },
    problems: [404],
  },
];
