import { TaskClient } from "edge-canceler";

/**
 * How a client's watches travel: over a WebSocket, by long polls because it was handed a `fetch` of
 * its own, or by long polls because the runtime has no WebSocket.
 */
export type Transport = "WebSocket" | "long poll" | "no WebSocket";

/** What a runtime is told about the suite that it runs. */
export interface SuiteOptions {
  /** Where the service is. */
  readonly url: string;
  readonly transport: Transport;
}

/** What a case is handed. */
export interface Context extends SuiteOptions {
  /** The id of a task that no other case knows. */
  readonly id: string;
  /** The client under test; its watches take the transport under test. */
  readonly tasks: TaskClient;
}

interface Intercepted extends Disposable {
  readonly tasks: TaskClient;
}

/**
 * A client over the transport under test, each request of which passes `intercept` on its way.
 * A client that polls for want of anything better uses the global `fetch`, so that is what is
 * replaced then, until the answer is disposed of.
 */
export function interceptedClient(
  { url, transport }: SuiteOptions,
  intercept: (url: string, send: () => Promise<Response>) => Promise<Response>,
): Intercepted {
  const real = globalThis.fetch;
  const intercepted = (to: string, init: RequestInit) => intercept(to, () => real(to, init));
  if (transport === "long poll") {
    return { tasks: new TaskClient({ url, fetch: intercepted }), [Symbol.dispose]() {} };
  }
  globalThis.fetch = (to, init = {}) => intercepted(String(to), init);
  return {
    tasks: new TaskClient({ url }),
    [Symbol.dispose]() {
      globalThis.fetch = real;
    },
  };
}
