import { Store } from "../ui/store.ts";

/**
 * The state of the page's connection. `live`: changes arrive at once. `connecting`: for the first time.
 * `waiting`: it was cut, and is retried. `refused`: the service refused. `idle`: nothing to follow.
 */
export type Line = "live" | "connecting" | "waiting" | "refused" | "idle";

/** The connection of what is on the screen. */
export const line = new Store<Line>("idle");

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** Backs off between retries: twice as long after each failure, half of it random. */
export class Retry {
  #failures = 0;

  /** Resets the back-off after a success. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits. Ends early if the network is back or `retryNow` is called. */
  pause(signal: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return wait(longest / 2 + Math.random() * (longest / 2), signal);
  }
}

const retries = new EventTarget();

/** Makes everything that waits for its next attempt try now. */
export function retryNow(): void {
  retries.dispatchEvent(new Event("retry"));
}

/** Waits for some time, for the network to be back or for `retryNow`. Rejects if the signal aborts. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const over = new AbortController();
  const timer = setTimeout(resolve, ms);
  const options = { signal: over.signal };
  window.addEventListener("online", () => resolve(), options);
  retries.addEventListener("retry", () => resolve(), options);
  signal.addEventListener("abort", () => reject(signal.reason), options);
  if (signal.aborted) reject(signal.reason);
  return promise.finally(() => {
    clearTimeout(timer);
    over.abort();
  });
}

/** Resolves as soon as the page is visible: a tab in the background holds no connection. */
export async function untilVisible(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (document.visibilityState === "visible") return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const over = new AbortController();
  const options = { signal: over.signal };
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "visible" && resolve(),
    options,
  );
  signal.addEventListener("abort", () => reject(signal.reason), options);
  await promise.finally(() => over.abort());
}

/** A signal that aborts with another one, or when the page is hidden. */
export function whileVisible(signal: AbortSignal): AbortSignal {
  const hidden = new AbortController();
  const options = { signal: hidden.signal };
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "hidden" && hidden.abort(new Error("the page is hidden")),
    options,
  );
  signal.addEventListener("abort", () => hidden.abort(signal.reason), options);
  if (signal.aborted) hidden.abort(signal.reason);
  return hidden.signal;
}
