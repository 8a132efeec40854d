import { onTestFinished, vi } from "vitest";
import { PATIENCE } from "./harness.ts";

const realSetInterval = globalThis.setInterval;
const realClearInterval = globalThis.clearInterval;
/** How often a timer looks at the clock. */
const LOOK_EVERY_MS = 1;

/** When each timer that is set is due, by its id. */
const dueAtMs = new Map<number, number>();

/**
 * The clock that the Worker and the objects read, and by which their timers go. Once touched it
 * stands still until the end of the test. The platform's own clock, by which alarms ring, goes on:
 * see `ring`.
 */
export const clock = {
  stop: (): number => setTo(Date.now()),
  advance: (seconds: number): number => setTo(Date.now() + seconds * 1000),
  /** Waits until so many timers are set, and tells when they are due, the earliest first. */
  async timers(count: number): Promise<readonly number[]> {
    await vi.waitUntil(() => dueAtMs.size === count, PATIENCE);
    return [...dueAtMs.values()].sort((a, b) => a - b);
  },
};

function setTo(ms: number): number {
  vi.setSystemTime(ms);
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return ms;
}

// A timer belongs to the request that set it, and only there may it act: no test can run it, as
// `vi.advanceTimersByTime` would. So every timer is a real one, which looks at the clock itself.
vi.spyOn(globalThis, "setTimeout").mockImplementation((callback, delayMs = 0) => {
  const atMs = Date.now() + delayMs;
  const timer = realSetInterval(() => {
    if (Date.now() < atMs) return;
    globalThis.clearTimeout(timer);
    callback();
  }, LOOK_EVERY_MS);
  dueAtMs.set(timer, atMs);
  return timer;
});
vi.spyOn(globalThis, "clearTimeout").mockImplementation((timer) => {
  if (timer === null || timer === undefined) return;
  realClearInterval(timer);
  dueAtMs.delete(timer);
});
