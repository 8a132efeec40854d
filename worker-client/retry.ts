import { ServiceUnreachableError } from "./errors.ts";
import { delay } from "./timer.ts";

/**
 * Asks until there is an answer, backing off in between, for so many seconds at most; then throws
 * the last failure. Every command is safe to repeat. A refusal is an answer, unless `isTransient`
 * says otherwise.
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
const CAP_MS = 30_000;
/** However long the service asks us to stay away, a watch must not go deaf for longer. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * How long to stay away after so many failures in a row, in milliseconds: exponential with full
 * jitter, so that clients cut off together do not come back together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, retryAfterSeconds = 0, capMs = CAP_MS): number {
  const jittered = Math.random() * Math.min(capMs, BASE_MS * 2 ** failures);
  return Math.max(0, Math.min(MAX_RETRY_AFTER_MS, retryAfterSeconds * 1000)) + jittered;
}
