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
    const abort = () => {
      stopTimer();
      reject(signal?.reason);
    };
    const stopTimer = startTimer(
      milliseconds,
      () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
      keepsAlive,
    );
    signal?.addEventListener("abort", abort, { once: true });
  });
}
