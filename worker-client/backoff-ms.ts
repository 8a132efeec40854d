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
export function backoffMs(failures: number, retryAfterSeconds = 0): number {
  const jittered = Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** failures);
  return Math.max(0, Math.min(MAX_RETRY_AFTER_MS, retryAfterSeconds * 1000)) + jittered;
}
