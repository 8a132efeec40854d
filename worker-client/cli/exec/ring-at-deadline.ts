import { setTimeout as sleep } from "node:timers/promises";

/** The service says it first, if it can. */
const LATER_MS = 2000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Options {
  readonly timeoutSeconds: number;
  /** Whether the service knows the deadline too, and should have said that it has passed. */
  readonly isOnRecord: () => boolean;
  readonly ring: () => void;
  readonly signal: AbortSignal;
}

/** Rings once a deadline has passed and the service, if it knows of it, has had the time to say so. */
export async function ringAtDeadline(options: Options): Promise<void> {
  const { timeoutSeconds, isOnRecord, ring, signal } = options;
  try {
    await pause(timeoutSeconds * 1000, signal);
    if (isOnRecord()) await pause(LATER_MS, signal);
    ring();
  } catch {
    // Aborted: the command has ended.
  }
}

/** Timers have a longest time, and a deadline may be later. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const endsAtMs = performance.now() + milliseconds;
  for (let leftMs = milliseconds; leftMs > 0; leftMs = endsAtMs - performance.now()) {
    await sleep(Math.min(leftMs, LONGEST_TIMER_MS), undefined, { signal });
  }
}
