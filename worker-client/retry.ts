import { ServiceUnreachableError } from "./errors.ts";
import { delay } from "./timer.ts";

/**
 * Calls `ask` until it succeeds, and backs off in between. Gives up after `forSeconds`, and throws the
 * last failure. A refusal is final, unless `isTransient` says otherwise. Every command is safe to
 * repeat.
 */
export async function retry<Answer>(
  ask: () => Promise<Answer>,
  forSeconds: number,
  signal: AbortSignal | undefined,
  isTransient = (_error: unknown) => false,
): Promise<Answer> {
  const giveUpAtMs = performance.now() + forSeconds * 1000;
  for (let failures = 0; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      const isUnreachable = error instanceof ServiceUnreachableError;
      if (!isUnreachable && !isTransient(error)) throw error;
      const waitMs = backoffMs(failures, isUnreachable ? error.retryAfterSeconds : 0);
      if (performance.now() + waitMs > giveUpAtMs) throw error;
      await delay(waitMs, signal, true);
    }
  }
}

const BASE_MS = 500;
/**
 * The longest pause. A worker hears of a cancel at most this much later, and a call that is retried for
 * 30 s gets through as soon after an outage.
 */
const MAX_PAUSE_MS = 10_000;
/** The longest `Retry-After` that we honour: a watch must not be deaf for longer. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * How long to wait after this many failures in a row, in milliseconds: exponential back-off with full
 * jitter, so that clients that were cut off together do not come back together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, retryAfterSeconds = 0): number {
  const jittered = Math.random() * Math.min(MAX_PAUSE_MS, BASE_MS * 2 ** failures);
  return Math.max(0, Math.min(MAX_RETRY_AFTER_MS, retryAfterSeconds * 1000)) + jittered;
}
