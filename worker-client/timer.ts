import { has } from "./wire.ts";

/** What is longer, runtimes take for no time at all. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Rings once after a time, in milliseconds, or as soon as the signal aborts; call the answer to stop
 * it. Unless it `keepsAlive`, such a timer alone does not keep a process running, where timers can be
 * told so (Node, Deno, Bun).
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
