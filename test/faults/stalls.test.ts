import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runningTimeMs, StallMeter } from "./stalls.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a clock that stands still in every stall", () => {
  const stalls = [
    { fromMs: 100, untilMs: 300 },
    { fromMs: 1000, untilMs: 1500 },
  ];
  const times = [50, 200, 300, 1000, 2000, Number.POSITIVE_INFINITY];
  expect(times.map((atMs) => runningTimeMs(stalls, atMs))).toEqual([
    50,
    100,
    100,
    800,
    1300,
    Number.POSITIVE_INFINITY,
  ]);
});

it("a machine that runs has no stalls, and one that stood still has one", async () => {
  using meter = new StallMeter();
  const beganAtMs = Date.now();
  await vi.advanceTimersByTimeAsync(1000);
  expect(meter.stalls).toEqual([]);
  // The clock on the wall goes on, and no timer rings.
  vi.setSystemTime(beganAtMs + 5000);
  expect(meter.ranMs(beganAtMs, beganAtMs + 5000)).toBeLessThanOrEqual(1025);
  await vi.advanceTimersByTimeAsync(1000);
  expect(meter.stalls).toHaveLength(1);
  expect(meter.ranMs(beganAtMs, beganAtMs + 6000)).toBeLessThanOrEqual(2025);
});
