import { afterEach, beforeEach, vi } from "vitest";
import { FakeClock } from "./fake-clock.ts";

/**
 * Gives each test of a `describe` block a fake clock of its own, and takes chance out of back-off:
 * every pause is half of the longest that it may be.
 */
export function fakeClockInEachTest(): Omit<FakeClock, typeof Symbol.dispose> {
  let clock: FakeClock;

  beforeEach(() => {
    clock = new FakeClock();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    return () => clock[Symbol.dispose]();
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  return {
    timer: (milliseconds) => clock.timer(milliseconds),
    pass: (milliseconds) => clock.pass(milliseconds),
    ring: (milliseconds) => clock.ring(milliseconds),
  };
}
