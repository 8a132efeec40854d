import { Store } from "../ui/store.ts";

/**
 * How the page hears of changes. `live`: at once. `connecting`: for the first time. `waiting`: the line
 * was cut, and it tries again. `refused`: the service does not let it. `idle`: nothing to follow.
 */
export type Line = "live" | "connecting" | "waiting" | "refused" | "idle";

/** The line of what is on the screen. */
export const line = new Store<Line>("idle");

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** Pauses between tries: longer after each failure, with a random part, over as soon as there is hope. */
export class Retry {
  #failures = 0;

  /** It worked: the next failure is the first one. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits; shorter if the browser says that the network is back, or somebody asks for it. */
  pause(signal: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return wait(longest / 2 + Math.random() * (longest / 2), signal);
  }
}

const hope = new EventTarget();

/** Lets everything that waits for its next try make it now. */
export function retryNow(): void {
  hope.dispatchEvent(new Event("retry"));
}

/** Waits for some time, or for the network to be back; rejects if the signal aborts. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const over = new AbortController();
  const timer = setTimeout(resolve, ms);
  const options = { signal: over.signal };
  window.addEventListener("online", () => resolve(), options);
  hope.addEventListener("retry", () => resolve(), options);
  signal.addEventListener("abort", () => reject(signal.reason), options);
  if (signal.aborted) reject(signal.reason);
  return promise.finally(() => {
    clearTimeout(timer);
    over.abort();
  });
}

/** Resolves as soon as somebody looks: a tab in the background holds no connection. */
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

/** A signal that aborts with another one, or when nobody looks any more. */
export function whileVisible(signal: AbortSignal): AbortSignal {
  const hidden = new AbortController();
  const options = { signal: hidden.signal };
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "hidden" && hidden.abort(new Error("nobody looks")),
    options,
  );
  signal.addEventListener("abort", () => hidden.abort(signal.reason), options);
  if (signal.aborted) hidden.abort(signal.reason);
  return hidden.signal;
}
