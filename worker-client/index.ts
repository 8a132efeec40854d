export {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFencedError,
  TaskGoneError,
  TaskLeaseLostError,
} from "./errors.ts";
export type {
  CallOptions,
  CancelOptions,
  RunOptions,
  TaskClientOptions,
  WatchedRun,
  WatchOptions,
} from "./options.ts";
export type * from "./protocol.ts";
export type * from "./protocol-queues.ts";
export type { TaskRun } from "./run.ts";
export { TaskClient } from "./task-client.ts";
export type { TaskWatch } from "./task-watch.ts";

/**
 * Cancel a running task, anywhere, over HTTPS: the client for workers and cancellers.
 * @module
 */
