import { backoffMs } from "./backoff-ms.ts";
import { delay } from "./delay.ts";
import { ServiceUnreachableError } from "./errors/service-unreachable-error.ts";

/**
 * Asks until there is an answer, backing off in between, for so many seconds at most; then throws
 * the last failure. Every command is safe to repeat. A refusal is an answer.
 */
export async function retry<Answer>(
  ask: () => Promise<Answer>,
  forSeconds: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const giveUpAtMs = performance.now() + forSeconds * 1000;
  for (let failures = 0; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceUnreachableError)) throw error;
      const waitMs = backoffMs(failures, error.retryAfterSeconds);
      if (performance.now() + waitMs > giveUpAtMs) throw error;
      await delay(waitMs, signal, true);
    }
  }
}
