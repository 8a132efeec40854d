import type { CancelRequest, StartRequest, TaskState } from "./protocol.ts";

/** Where the service is, and how to reach it. */
export interface TaskClientOptions {
  /** The service's address, such as `https://cancel.example.com`. A path in it is kept. */
  readonly url: string | URL;
  /**
   * Sent as a bearer token with every request. Default: none.
   *
   * A function is asked when the first request needs a token, and its answer is kept until the
   * service takes it no more; then it is asked again. If it throws, that is as if the service could
   * not be reached: it is asked again later. An answer that is no printable ASCII is a `TypeError`.
   *
   * @example
   * ```ts
   * // A job of GitHub Actions with `permissions: id-token: write` proves by this who it is.
   * const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = process.env;
   * async function token(): Promise<string> {
   *   const headers = { Authorization: `Bearer ${secret}` };
   *   const answer = await fetch(`${url}&audience=https://cancel.example.com`, { headers });
   *   return (await answer.json()).value;
   * }
   * const tasks = new TaskClient({ url: "https://cancel.example.com", token });
   * ```
   */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /**
   * Used in place of the global `fetch`, for example a Worker's service binding, or one that goes
   * through a proxy. It must not follow redirects where `init.redirect` is `manual`. Watches are then
   * long polls through it, unless there is a `WebSocket` as well. Default: the global `fetch`.
   */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<FetchedResponse>) | undefined;
  /**
   * Used for watches in place of the global `WebSocket`, for example one that goes through a proxy.
   * Default: the global one, or none where `fetch` is given or the runtime has none.
   */
  readonly WebSocket?: (new (url: string, protocols: string[]) => SocketLike) | undefined;
}

/** The part of a `Response` that the client uses. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** The bytes, unpacked; null if there are none. They are read up to 64 KiB, and no further. */
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

/** What goes with every call. */
export interface CallOptions {
  /** Gives the call up; it then rejects with the signal's reason. Default: never. */
  readonly signal?: AbortSignal | undefined;
}

/** What a cancel says, and whether it waits for the end. */
export interface CancelOptions extends CancelRequest, CallOptions {
  /** How long to wait until the task has ended, in seconds. Default: 0, as soon as it is recorded. */
  readonly waitSeconds?: number | undefined;
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

/** How a watch behaves. */
export interface WatchOptions {
  /**
   * Says that it is the worker of this run that watches: its watch keeps the lease, and aborts with a
   * `TaskLeaseLostError` when the lease is over. Default: a worker that does not say which run it is.
   */
  readonly run?: WatchedRun | undefined;
  /** Only looks: no cancel counts as delivered to it. Default: false. */
  readonly observe?: boolean | undefined;
  /** Called with the task at every change, and first with the task as it is. Default: nobody. */
  readonly onChange?: ((task: TaskState) => void) | undefined;
  /**
   * Called when the service refuses to answer (401, 403), the token function does not return a
   * token, or an outcome could not be reported. The work goes on and so does the watch: a refusal is
   * no cancel. Default: `console.warn`.
   */
  readonly onError?: ((error: Error) => void) | undefined;
  /**
   * A dead man's switch: abort with a `ServiceUnreachableError` when nothing was heard from the
   * service for so many seconds. Default: carry on and keep trying.
   */
  readonly onUnreachable?: { readonly abortAfterSeconds: number } | undefined;
}

/**
 * How a run behaves. Its `signal` stops the work as well, because the worker shuts down for example:
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
