import type { CancelRequest, StartRequest, TaskState } from "./protocol.ts";
import type { BulkCancellation, BulkCancelRequest } from "./protocol-directory.ts";
import type { ClaimRequest } from "./protocol-queues.ts";

/** Where the service is, and how to reach it. */
export interface TaskClientOptions {
  /**
   * The service's address, such as `https://cancel.example.com`. It may have a path. It must not
   * contain a user name or password, and must not redirect.
   */
  readonly url: string | URL;
  /**
   * Sent as a bearer token with every request. Default: none.
   *
   * A function is called when the first request needs a token, and again when the service refuses that
   * token (401) or, if it is a JWT, 30 s before its `exp`. If the function throws or takes longer than
   * 10 s, the request is retried later, as if the service could not be reached. A token that is not
   * printable ASCII makes the call reject with a `TypeError`.
   *
   * @example
   * ```ts
   * // In GitHub Actions, with `permissions: id-token: write`.
   * const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = process.env;
   * async function token(): Promise<string> {
   *   const headers = { Authorization: `Bearer ${secret}` };
   *   const response = await fetch(`${url}&audience=https://cancel.example.com`, { headers });
   *   return (await response.json()).value;
   * }
   * const tasks = new TaskClient({ url: "https://cancel.example.com", token });
   * ```
   */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /**
   * Used in place of the global `fetch`: a Worker's service binding, for example, or one that goes
   * through a proxy. It must honour `init.signal` and `init.redirect`, which is `manual`. Watches then
   * use it for long polling, unless `WebSocket` is given as well. Default: the global `fetch`.
   */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<FetchedResponse>) | undefined;
  /**
   * Used for watches in place of the global `WebSocket`: one that goes through a proxy, for example.
   * Default: the global one, if there is one and `fetch` is not given.
   */
  readonly WebSocket?: (new (url: string, protocols: string[]) => SocketLike) | undefined;
}

/** The part of a `Response` that the client uses. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** The decompressed bytes, or null if there are none. At most 4 MiB of them are read. */
  readonly body: { getReader(): BodyReader } | null;
}

/** The part of a `ReadableStreamDefaultReader` that the client uses. */
interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

/** The part of a `WebSocket` that the client uses. */
export interface SocketLike {
  addEventListener(type: string, listener: (event: unknown) => void): void;
  send(message: string): void;
  close(): void;
}

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. Default: never. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a list. */
export interface ListOptions extends CallOptions {
  /** How many tasks a page holds at most, 1 to 100. Default: 50. */
  readonly limit?: number | undefined;
  /** Where to begin: the `cursor` of an earlier page. Default: at the newest task. */
  readonly cursor?: string | undefined;
}

/** Options of a cancel of many tasks. */
export interface BulkCancelOptions extends Omit<BulkCancelRequest, "select">, CallOptions {
  /** Called with the progress after each poll, until all tasks have ended. Default: none. */
  readonly onProgress?: ((bulk: BulkCancellation) => void) | undefined;
}

/** Options of a cancel: what it says, and how long to wait for the task to end. */
export interface CancelOptions extends CancelRequest, CallOptions {
  /** Whether to wait for everything below the task as well. Default: false. */
  readonly tree?: boolean | undefined;
  /** How long to wait for the task to end, in seconds. Default: 0, only until the cancel is recorded. */
  readonly waitSeconds?: number | undefined;
}

/** Options of `tree`. */
export interface TreeOptions extends CallOptions {
  /** How many levels to go down, 0 to 32. Default: 3. */
  readonly depth?: number | undefined;
}

/** The run of a task that a watch belongs to. */
export interface WatchedRun {
  /** The attempt, as `start` returned it. */
  readonly attempt: number;
  /** The holder, as given to `start`. */
  readonly holder: string;
  /** The lease, as given to `start`. Default: none. */
  readonly leaseSeconds?: number | undefined;
  /** `performance.now()` before `start` was called: the lease counts from then. Default: now. */
  readonly sinceMs?: number | undefined;
}

/** Options of a watch. */
export interface WatchOptions {
  /**
   * The run that the watch belongs to. The watch then keeps the run's lease alive, and aborts with a
   * `TaskLeaseLostError` when the lease is lost. Default: a watch by a worker, but of no specific run.
   */
  readonly run?: WatchedRun | undefined;
  /** Only observes: a cancel does not count as delivered to this watch. Default: false. */
  readonly observe?: boolean | undefined;
  /** Called with the current task first, and then at each change. Default: none. */
  readonly onChange?: ((task: TaskState) => void) | undefined;
  /**
   * Called when the service refuses the watch (401, 403), when the token function returns something
   * that is not a token, or when an outcome could not be reported. The work and the watch go on: a
   * refusal is not a cancel. The same error is reported again after a minute, then after two, four, and
   * so on up to an hour. Default: `console.warn`.
   */
  readonly onError?: ((error: Error) => void) | undefined;
  /**
   * A dead man's switch: aborts with a `ServiceUnreachableError` when the service has been silent for
   * this many seconds. A refusal by the service counts as contact. Default: keep trying.
   */
  readonly onUnreachable?: { readonly abortAfterSeconds: number } | undefined;
}

/**
 * Options of a run. Its `signal` stops the work as well, for example when the worker shuts down. The
 * task is then given back if its `maxAttempts` is more than 1. Otherwise it fails with `error.type`
 * `interrupted`, and can be started again.
 */
export interface RunOptions
  extends CallOptions,
    Omit<WatchOptions, "run" | "observe">,
    Omit<StartRequest, "holder"> {
  /**
   * What it means if the work returns after its signal aborted. `"cancelled"` (default): it was
   * stopped, so `run` reports that and rejects with the signal's reason. `"succeeded"`: it returns only
   * when it is really done, so `run` reports a success and resolves; the cancel stays on record.
   */
  readonly onLateSuccess?: "cancelled" | "succeeded" | undefined;
}

/** Options of a claim. */
export interface ClaimOptions extends CallOptions, Partial<ClaimRequest> {
  /** How long to wait for a task, in seconds. Default: 0. */
  readonly waitSeconds?: number | undefined;
}

/**
 * Options of a worker. Its `onError` is also called with what the work throws, unless the work was told
 * to stop, and when no claim has succeeded for half a minute.
 */
export interface WorkOptions
  extends CallOptions,
    Omit<WatchOptions, "run" | "observe">,
    Pick<RunOptions, "onLateSuccess"> {
  /**
   * Shuts the worker down: once it aborts, no more tasks are claimed, and running ones may take
   * `drainSeconds` to finish. Default: never.
   */
  readonly signal?: AbortSignal | undefined;
  /** How many tasks run at a time. Default: 1. */
  readonly concurrency?: number | undefined;
  /** Seconds that a run may be silent before it counts as lost, 10 to 3,600. Default: 60. */
  readonly leaseSeconds?: number | undefined;
  /**
   * Seconds that running tasks may take to finish once `signal` has aborted. Then their own signals
   * abort, and they are given back as by `run`. Default: 30.
   */
  readonly drainSeconds?: number | undefined;
  /** Cuts `drainSeconds` short when it aborts, for example at a second SIGTERM. Default: never. */
  readonly hurry?: AbortSignal | undefined;
}
