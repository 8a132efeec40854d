import { TaskClient } from "edge-canceler";
import type { SuiteOptions } from "./suite-options.ts";

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
