export { currentTask } from "./current-task.ts";
export type { FailureReport } from "./errors.ts";
export {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFailedError,
  TaskFencedError,
  TaskGoneError,
  TaskLeaseLostError,
} from "./errors.ts";
export type {
  BulkCancelOptions,
  CallOptions,
  CancelOptions,
  ClaimOptions,
  ListOptions,
  RunOptions,
  TaskClientOptions,
  TreeOptions,
  WatchedRun,
  WatchOptions,
  WorkOptions,
} from "./options.ts";
export type * from "./protocol.ts";
export type * from "./protocol-directory.ts";
export type * from "./protocol-problems.ts";
export type * from "./protocol-queues.ts";
export type * from "./protocol-trees.ts";
export type * from "./protocol-webhooks.ts";
export type { TaskRun } from "./run.ts";
export { TaskClient } from "./task-client.ts";
export type { TaskWatch } from "./task-watch.ts";
export type { Work } from "./work.ts";

/**
 * Cancel a running task, anywhere, over HTTPS: the client for workers and cancellers.
 * @module
 */
