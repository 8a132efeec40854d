import { has } from "./wire.ts";

/** Runtimes fire a longer timer at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls `callback` once, after a time in milliseconds or as soon as the signal aborts. Call the
 * returned function to stop the timer. Unless it `keepsAlive`, the timer alone does not keep a process
 * running, on runtimes that support this (Node, Deno, Bun).
 */
export function startTimer(
  milliseconds: number,
  callback: () => void,
  signal?: AbortSignal,
  keepsAlive = false,
): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const stop = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  };
  const end = () => {
    stop();
    callback();
  };
  const wait = (leftMs: number) => {
    const stepMs = Math.min(leftMs, LONGEST_MS);
    timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : end()), stepMs);
    if (!keepsAlive) unref(timer);
  };
  wait(milliseconds);
  signal?.addEventListener("abort", end);
  return stop;
}

/** How long a process that was busy gets to handle what has arrived meanwhile. */
const LAST_LOOK_MS = 10;

/**
 * Calls `callback` if a response has not come within a time in milliseconds, or as soon as the signal
 * aborts. Call the returned function once the response is there. If work has kept the process busy,
 * the timer and the response can be due at once, and the timer fires first: so this waits a little
 * longer.
 */
export function startTimeout(
  milliseconds: number,
  callback: () => void,
  signal?: AbortSignal,
): () => void {
  let stop = startTimer(
    milliseconds,
    () => {
      if (signal?.aborted) callback();
      else stop = startTimer(LAST_LOOK_MS, callback, signal);
    },
    signal,
  );
  return () => stop();
}

function unref(timer: unknown): void {
  if (has(timer, "unref") && typeof timer.unref === "function") timer.unref();
}

/**
 * Resolves after a time in milliseconds, or rejects with the signal's reason as soon as it aborts.
 * `keepsAlive` says whether it keeps a process running.
 */
export function delay(
  milliseconds: number,
  signal: AbortSignal | undefined,
  keepsAlive: boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = () => (signal?.aborted ? reject(signal.reason) : resolve());
    startTimer(milliseconds, end, signal, keepsAlive);
  });
}
