/** What is longer, runtimes take for no time at all. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Rings once after a time, in milliseconds; call the answer to stop it. Unless it `keepsAlive`, such
 * a timer alone does not keep a process running, where timers can be told so (Node, Deno, Bun).
 */
export function startTimer(milliseconds: number, ring: () => void, keepsAlive = false): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (leftMs: number) => {
    const stepMs = Math.min(leftMs, LONGEST_MS);
    timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : ring()), stepMs);
    if (!keepsAlive) unref(timer);
  };
  wait(milliseconds);
  return () => clearTimeout(timer);
}

function unref(timer: unknown): void {
  if (typeof timer !== "object" || timer === null || !("unref" in timer)) return;
  if (typeof timer.unref === "function") timer.unref();
}
