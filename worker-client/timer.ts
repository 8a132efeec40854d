import { has } from "./wire.ts";

/** Runtimes take a longer time for none at all. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Rings once after a time, in milliseconds, or as soon as the signal aborts; call the returned
 * function to stop it. Unless it `keepsAlive`, such a timer alone does not keep a process running, on
 * runtimes where a timer can be told so (Node, Deno, Bun).
 */
export function startTimer(
  milliseconds: number,
  ring: () => void,
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
    ring();
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

/** How long a process that was busy gets to look at what has arrived meanwhile. */
const LAST_LOOK_MS = 10;

/**
 * Rings when an answer has not come within a time, in milliseconds, or as soon as the signal aborts;
 * call the returned function once it has come. Work that keeps the process busy can make a timer and
 * an answer due at once, and the timer's turn comes first: so this waits for one more turn.
 */
export function startTimeout(
  milliseconds: number,
  ring: () => void,
  signal?: AbortSignal,
): () => void {
  let stop = startTimer(
    milliseconds,
    () => {
      if (signal?.aborted) ring();
      else stop = startTimer(LAST_LOOK_MS, ring, signal);
    },
    signal,
  );
  return () => stop();
}

function unref(timer: unknown): void {
  if (has(timer, "unref") && typeof timer.unref === "function") timer.unref();
}

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
