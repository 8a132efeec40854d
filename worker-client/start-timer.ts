import { has } from "./has.ts";

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
