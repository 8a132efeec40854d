import { onTestFinished, vi } from "vitest";

/**
 * The clock that the Worker and the objects read. Once touched it stands still until the end of the
 * test. The platform's own clock, by which alarms ring, goes on: see `ring`.
 */
export const clock = {
  stop: (): number => setTo(Date.now()),
  advance: (seconds: number): number => setTo(Date.now() + seconds * 1000),
};

function setTo(ms: number): number {
  vi.setSystemTime(ms);
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return ms;
}
