/**
 * Cancel a running task, anywhere, over HTTPS: the client for workers and cancellers.
 * @module
 */
export type { CallOptions } from "./call-options.ts";
export type { CancelOptions } from "./cancel-options.ts";
export { RequestRefusedError } from "./errors/request-refused-error.ts";
export { ServiceUnreachableError } from "./errors/service-unreachable-error.ts";
export { TaskCancelledError } from "./errors/task-cancelled-error.ts";
export { TaskFencedError } from "./errors/task-fenced-error.ts";
export { TaskGoneError } from "./errors/task-gone-error.ts";
export type * from "./protocol.ts";
export type { RunOptions } from "./run-options.ts";
export { TaskClient } from "./task-client.ts";
export type { TaskClientOptions } from "./task-client-options.ts";
export type { TaskRun } from "./task-run.ts";
export type { TaskWatch } from "./task-watch.ts";
export type { WatchOptions } from "./watch-options.ts";
