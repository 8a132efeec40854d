import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Ending, reportWithin } from "../../worker-client/cli/exec/report.ts";
import { ReportTime, reportWithinMs } from "../../worker-client/cli/exec/report-time.ts";
import { SignalForwarding } from "../../worker-client/cli/exec/signals.ts";
import type { StopReason } from "../../worker-client/cli/exec/stop.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { cancellingTask, taskState } from "../client/task-state.ts";

const URL = "http://service.test";

function cancelled(gracePeriodSeconds: number): StopReason {
  const { cancellation } = cancellingTask("t");
  if (cancellation === null) throw new Error("it is being cancelled");
  return { kind: "cancelled", cancellation: { ...cancellation, gracePeriodSeconds } };
}

describe("the time for a report", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["30 s", null, true, 30_000],
    ["5 s if the service was never reached", null, false, 5000],
    ["30 s after a cancel with a short grace period", cancelled(1), true, 30_000],
    ["as long as a longer one", cancelled(90), true, 90_000],
    ["5 minutes at most", cancelled(3600), true, 300_000],
    ["30 s after any other stop", { kind: "unreachable", seconds: 9 }, true, 30_000],
  ] as const)("is %s", (_name, reason, isReached, milliseconds) => {
    expect(reportWithinMs(reason, isReached)).toBe(milliseconds);
  });

  it("may become longer, and says after 5 s how much is left", () => {
    const slow = vi.fn();
    const time = new ReportTime(30_000, slow);
    vi.advanceTimersByTime(1000);
    time.limit(60_000);
    vi.advanceTimersByTime(4000);
    expect(slow.mock.calls).toEqual([[55]]);
    vi.advanceTimersByTime(52_999);
    expect(time.last.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect([time.last.aborted, time.over.aborted]).toEqual([true, false]);
    vi.advanceTimersByTime(2000);
    expect(time.over.aborted).toBe(true);
    time.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the report of a run that was cancelled, with the service down", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // The pauses between tries are as long as they can be.
    vi.spyOn(Math, "random").mockReturnValue(0.999);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const ending: Ending = {
    end: { exitCode: null, signal: "SIGTERM", durationSeconds: 1, failure: null },
    stop: { reason: cancelled(30), signal: "SIGTERM", failure: null },
    interruptedBy: null,
  };

  /** Begins a report that gets through once the service is up; `signal` is a signal to stop. */
  function reporting(upAtMs: number) {
    const sinceMs = performance.now();
    const how = { isOnRecord: false, endedAtMs: Number.NaN, said: [] as readonly string[] };
    const fetch = async () => {
      if (performance.now() - sinceMs < upAtMs) throw new TypeError("fetch failed");
      how.isOnRecord = true;
      return Response.json(taskState("t", { status: "cancelled" }));
    };
    let signal = (_isFromTerminal: boolean) => {};
    const task = taskState("t");
    const started = Promise.resolve({ kind: "started", task } as const);
    const run = { attempt: 1, holder: "h", leaseSeconds: undefined, sinceMs };
    const report = reportWithin({
      context: { client: () => new TaskClient({ url: URL, fetch }), renewsToken: false },
      start: {
        ...{ attempt: 1, holder: "h", isReached: true, outcome: started, run },
        ask() {},
        giveUp() {},
      },
      taskId: "t",
      ending,
      signals: {
        onStop(_exitCode, listener) {
          signal = listener;
        },
      },
      progress: null,
      warn: (line) => {
        how.said = [...how.said, line];
      },
    });
    report.then(() => {
      how.endedAtMs = performance.now() - sinceMs;
    });
    return { how, signal: (isFromTerminal: boolean) => signal(isFromTerminal) };
  }

  it("goes on after the signal of an exec around it", async () => {
    const { how, signal } = reporting(10_000);
    await vi.advanceTimersByTimeAsync(20);
    signal(false);
    await vi.advanceTimersByTimeAsync(16_000);
    const said = ["the end of t is not on record yet: trying for 25 s more"];
    expect(how).toEqual({ isOnRecord: true, endedAtMs: expect.closeTo(15_500, -3), said });
  });

  it("is tried once more at the end, however long the pause before is", async () => {
    const { how } = reporting(26_000);
    await vi.advanceTimersByTimeAsync(28_000);
    expect(how).toMatchObject({ isOnRecord: true, endedAtMs: 28_000 });
  });

  it("ends 2 s after Ctrl-C on the terminal", async () => {
    const { how, signal } = reporting(Number.POSITIVE_INFINITY);
    await vi.advanceTimersByTimeAsync(20);
    signal(true);
    await vi.advanceTimersByTimeAsync(2000);
    const said = ["the end of t is not on record: the service did not answer in time"];
    expect(how).toEqual({ isOnRecord: false, endedAtMs: 2020, said });
  });
});

describe("a signal to stop that comes while exec reports", () => {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const before = signals.map((signal) => process.listeners(signal));
  afterEach(() => {
    signals.forEach((signal, index) => {
      for (const listener of process.listeners(signal)) {
        if (!before[index]?.includes(listener)) process.off(signal, listener);
      }
    });
  });

  it.each([
    ["SIGINT", true, true],
    ["SIGINT", false, false],
    ["SIGTERM", true, false],
  ] as const)(
    "%s, with a terminal: %s, may be Ctrl-C: %s",
    (signal, hasTerminal, isFromTerminal) => {
      const forwarding = new SignalForwarding();
      const command = { hasTerminal, signal: () => true };
      forwarding.forwardTo({ command, onStop: () => false });
      const listener = vi.fn();
      forwarding.onStop(0, listener);
      process.emit(signal, signal);
      expect(listener.mock.calls).toEqual([[isFromTerminal]]);
    },
  );
});
