import { setTimeout as sleep } from "node:timers/promises";

/** The service says it first, if it can. */
const LATER_MS = 2000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Rings once a deadline has passed and the service should have said so. A task that somebody else
 * had declared has another deadline, or none, and a service that is down has no say.
 */
export async function ringAtDeadline(
  timeoutSeconds: number,
  ring: () => void,
  signal: AbortSignal,
): Promise<void> {
  const ringsAtMs = performance.now() + timeoutSeconds * 1000 + LATER_MS;
  try {
    for (;;) {
      const leftMs = ringsAtMs - performance.now();
      if (leftMs <= 0) return ring();
      await sleep(Math.min(leftMs, LONGEST_TIMER_MS), undefined, { signal });
    }
  } catch {
    // Aborted: the command has ended.
  }
}
