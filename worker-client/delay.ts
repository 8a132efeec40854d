import { startTimer } from "./start-timer.ts";

/**
 * Resolves after a time, in milliseconds; rejects with the signal's reason as soon as it aborts.
 * `keepsAlive` says whether a process may not end meanwhile.
 */
export function delay(
  milliseconds: number,
  signal: AbortSignal | undefined,
  keepsAlive: boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const ring = () => (signal?.aborted ? reject(signal.reason) : resolve());
    startTimer(milliseconds, ring, signal, keepsAlive);
  });
}
