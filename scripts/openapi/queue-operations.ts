import { CLAIM } from "../../src/routes/claim.ts";
import { ENQUEUE, TASK as QUEUED_TASK } from "../../src/routes/enqueue.ts";
import { SETTINGS } from "../../src/routes/queues.ts";
import { type Body, type Operation, PARENT, TASK, WAIT } from "./operation.ts";

const QUEUE = { path: "/v1/queues/:queue", tag: "Queues" } as const;
const STATE = { json: "QueueState" } as const;

/** The tasks in the body of an enqueue. */
export const QUEUED: Body = { fields: QUEUED_TASK, type: "QueuedTask" };

/** The operations on one queue. */
export const QUEUE_OPERATIONS: readonly Operation[] = [
  {
    ...QUEUE,
    id: "getQueue",
    method: "get",
    summary: "Reads a queue, or watches it with an event stream",
    scope: "watch",
    answers: {
      200: {
        description: "The queue, or a stream of its states.",
        content: { ...STATE, stream: true },
      },
    },
  },
  {
    ...QUEUE,
    id: "configureQueue",
    method: "put",
    summary: "Pauses a queue, closes it, or limits how many of its tasks run",
    scope: "declare",
    body: { fields: SETTINGS, type: "QueueSettings" },
    answers: { 200: { description: "The queue as it is now.", content: STATE } },
  },
  {
    ...QUEUE,
    id: "enqueueTasks",
    method: "post",
    path: "/v1/queues/:queue/tasks",
    summary: "Puts up to 100 tasks into a queue",
    scope: "declare",
    parameters: [PARENT],
    body: { fields: ENQUEUE, type: "EnqueueRequest" },
    answers: {
      200: { description: "The result for each task.", content: { json: "EnqueueAnswer" } },
    },
    problems: [409],
  },
  {
    ...QUEUE,
    id: "claimTask",
    method: "post",
    path: "/v1/queues/:queue/claim",
    summary: "Claims the next task of a queue, and starts it",
    scope: "work",
    parameters: WAIT,
    body: { fields: CLAIM, type: "ClaimRequest" },
    answers: {
      200: { description: "The task, which runs now, with its attempt and input.", content: TASK },
      204: { description: "There was no task within the wait.", content: null },
    },
    problems: [409],
  },
];
