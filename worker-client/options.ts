import type { CancelRequest, StartRequest, TaskState } from "./protocol.ts";
import type { BulkCancellation, BulkCancelRequest } from "./protocol-directory.ts";
import type { ClaimRequest } from "./protocol-queues.ts";

/** Where the service is, and how to reach it. */
export interface TaskClientOptions {
  /**
   * The service's address, such as `https://cancel.example.com`. A path in it is kept. It must not hold
   * a name or a password, and must not redirect.
   */
  readonly url: string | URL;
  /**
   * Sent as a bearer token with every request. Default: none.
   *
   * A function is called when the first request needs a token, and again when the service refuses that
   * token (401), or, if it is a JWT, 30 s before its `exp`. If the function throws or takes longer than
   * 10 s, that counts as if the service could not be reached: it is called again later. A token that is
   * not printable ASCII makes the call reject with a `TypeError`.
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
   * through a proxy. It has to honour `init.signal`, and `init.redirect`, which is `manual`. Watches are
   * then long polls through it, unless `WebSocket` is given as well. Default: the global `fetch`.
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
  /** The bytes, unpacked; null if there are none. They are read up to 4 MiB, and no further. */
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
  /** At most so many tasks on a page, 1 to 100. Default: 50. */
  readonly limit?: number | undefined;
  /** Where to begin: the `cursor` of an earlier page. Default: with the newest task. */
  readonly cursor?: string | undefined;
}

/** Options of a cancel of many tasks. */
export interface BulkCancelOptions extends Omit<BulkCancelRequest, "select">, CallOptions {
  /** Called as it goes on, with how far it is. */
  readonly onProgress?: ((bulk: BulkCancellation) => void) | undefined;
}

/** Options of a cancel: what it says, and how long it waits for the task's end. */
export interface CancelOptions extends CancelRequest, CallOptions {
  /** Whether to wait for everything below the task as well. Default: false. */
  readonly tree?: boolean | undefined;
  /** How long to wait for the task's end, in seconds. Default: 0, only until the cancel is recorded. */
  readonly waitSeconds?: number | undefined;
}

/** Options of a look at a tree. */
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
   * Says that it is the worker of this run that watches: its watch keeps the lease, and aborts with a
   * `TaskLeaseLostError` when the lease is over. Default: a worker that does not say which run it is.
   */
  readonly run?: WatchedRun | undefined;
  /** Only looks: no cancel counts as delivered to it. Default: false. */
  readonly observe?: boolean | undefined;
  /** Called with the task at each change, and first with the task as it is. Default: nothing is. */
  readonly onChange?: ((task: TaskState) => void) | undefined;
  /**
   * Called when the service refuses the watch (401, 403), when the token function returns something
   * that is not a token, or when an outcome could not be reported. The work and the watch go on: a
   * refusal is not a cancel. The same error is repeated after a minute, then after two, four, and so on
   * up to an hour. Default: `console.warn`.
   */
  readonly onError?: ((error: Error) => void) | undefined;
  /**
   * A dead man's switch: aborts with a `ServiceUnreachableError` when nothing was heard from the
   * service for this many seconds. A refusal by the service counts as heard. Default: keep trying.
   */
  readonly onUnreachable?: { readonly abortAfterSeconds: number } | undefined;
}

/**
 * Options of a run. Its `signal` stops the work as well, because the worker shuts down for example:
 * the task is then given back if it may have more attempts; otherwise it has failed, with `error.type`
 * `interrupted`, and can be started again.
 */
export interface RunOptions
  extends CallOptions,
    Omit<WatchOptions, "run" | "observe">,
    Omit<StartRequest, "holder"> {
  /**
   * What work that returns after its signal aborted means. Default, `"cancelled"`: it was stopped, so
   * `run` reports that and rejects with the signal's reason. `"succeeded"`: it returns only when it is
   * really done, so `run` reports the success and resolves; the cancel stays on record.
   */
  readonly onLateSuccess?: "cancelled" | "succeeded" | undefined;
}

/** Options of a claim. */
export interface ClaimOptions extends CallOptions, Partial<ClaimRequest> {
  /** How long to wait for a task, in seconds. Default: 0. */
  readonly waitSeconds?: number | undefined;
}

/**
 * Options of a worker. Its `onError` is also told what the work throws, unless it was told to stop, and
 * that no task could be claimed for half a minute.
 */
export interface WorkOptions
  extends CallOptions,
    Omit<WatchOptions, "run" | "observe">,
    Pick<RunOptions, "onLateSuccess"> {
  /**
   * Ends the worker: from when it aborts, no task is claimed, and what runs may finish for
   * `drainSeconds`. Default: never.
   */
  readonly signal?: AbortSignal | undefined;
  /** How many tasks run at a time. Default: 1. */
  readonly concurrency?: number | undefined;
  /** Seconds that a run counts as alive without a sign of life, 10 to 3,600. Default: 60. */
  readonly leaseSeconds?: number | undefined;
  /**
   * Seconds that what runs may take to finish once `signal` has aborted. Then its own signal aborts,
   * and the task is given back as by `run`. Default: 30.
   */
  readonly drainSeconds?: number | undefined;
  /** Ends that time at once, because somebody is impatient for example. Default: never. */
  readonly hurry?: AbortSignal | undefined;
}
