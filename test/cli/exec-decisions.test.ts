import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CommandEnd } from "../../worker-client/cli/exec/command.ts";
import { graceMs, graceToDeclare, toldSeconds } from "../../worker-client/cli/exec/grace.ts";
import {
  type Ending,
  exitCodeOf,
  finishRequest,
  isGivenBack,
} from "../../worker-client/cli/exec/report.ts";
import { type StopReason, stopLine } from "../../worker-client/cli/exec/stop.ts";
import { isDeadlineOnRecord, startDeadline } from "../../worker-client/cli/exec/watch.ts";
import type { Cancellation } from "../../worker-client/index.ts";
import { taskState } from "../client/task-state.ts";

function cancellation(differences: Partial<Cancellation> = {}): Cancellation {
  return {
    cause: "request",
    reason: null,
    requestedBy: null,
    requestedAt: "2026-08-15T12:00:00.000Z",
    deliveredAt: null,
    acknowledgedAt: null,
    gracePeriodSeconds: 30,
    graceEndsAt: "2026-08-15T12:00:30.000Z",
    ...differences,
  };
}

const cancelled: StopReason = { kind: "cancelled", cancellation: cancellation() };
const timedOut: StopReason = {
  kind: "cancelled",
  cancellation: cancellation({ cause: "timeout" }),
};

/** What came of a command, with the differences that a test is about. */
function ending(
  end: Partial<CommandEnd>,
  reason: StopReason | null,
  differences: Partial<Ending> & { readonly failure?: string } = {},
): Ending {
  const { failure = null, ...others } = differences;
  return {
    end: { exitCode: null, signal: null, durationSeconds: 1, failure: null, ...end },
    stop: reason && { reason, signal: "SIGTERM", failure },
    interruptedBy: null,
    ...others,
  };
}

describe("the exit code of exec", () => {
  it.each([
    ["a code of its own", ending({ exitCode: 3 }, null), 3],
    ["a signal of its own", ending({ signal: "SIGSEGV" }, null), 139],
    ["SIGTERM after a cancel", ending({ signal: "SIGTERM" }, cancelled), 143],
    ["SIGKILL after a cancel", ending({ signal: "SIGKILL" }, cancelled), 137],
    ["a code after a cancel", ending({ exitCode: 7 }, cancelled), 7],
    ["0 after a cancel, which is no success", ending({ exitCode: 0 }, cancelled), 143],
    ["SIGTERM after the deadline", ending({ signal: "SIGTERM" }, timedOut), 124],
    ["0 after the deadline", ending({ exitCode: 0 }, timedOut), 124],
    [
      "SIGTERM after a deadline kept here",
      ending({ signal: "SIGTERM" }, { kind: "deadline", seconds: 1 }),
      124,
    ],
    [
      "SIGTERM after another start",
      ending({ signal: "SIGTERM" }, { kind: "fenced", attempt: 2 }),
      143,
    ],
    [
      "0 after a signal from outside, which is no success",
      ending({ exitCode: 0 }, null, { interruptedBy: "SIGHUP" }),
      129,
    ],
    [
      "a code after a signal from outside",
      ending({ exitCode: 3 }, null, { interruptedBy: "SIGTERM" }),
      3,
    ],
  ] as const)("of a command that ended with %s", (_name, how, exitCode) => {
    expect(exitCodeOf(how)).toBe(exitCode);
  });
});

describe("a task", () => {
  const interruptedBy = "SIGTERM";
  it.each([
    [
      "is given back after a stop from outside",
      ending({ exitCode: 0 }, null, { interruptedBy }),
      3,
      true,
    ],
    ["with one attempt is not", ending({ exitCode: 0 }, null, { interruptedBy }), 1, false],
    ["whose command failed by itself is not", ending({ exitCode: 1 }, null), 3, false],
    ["that was cancelled is not", ending({ exitCode: 0 }, cancelled, { interruptedBy }), 3, false],
  ] as const)("%s", (_name, how, maxAttempts, isBack) => {
    expect(isGivenBack(how, taskState("1234", { maxAttempts }))).toBe(isBack);
  });
});

describe("what is reported", () => {
  it.each([
    [
      "0",
      ending({ exitCode: 0 }, null),
      { status: "succeeded", result: { exitCode: 0, durationSeconds: 1 } },
    ],
    [
      "a code",
      ending({ exitCode: 3 }, null),
      { status: "failed", error: { exitCode: 3, durationSeconds: 1 } },
    ],
    [
      "a signal of its own",
      ending({ signal: "SIGSEGV" }, null),
      { status: "failed", error: { signal: "SIGSEGV", durationSeconds: 1 } },
    ],
    [
      "0 after a signal from outside, so that it can run again",
      ending({ exitCode: 0 }, null, { interruptedBy: "SIGTERM" }),
      { status: "failed", error: { type: "interrupted", exitCode: 0, durationSeconds: 1 } },
    ],
    [
      "a signal from outside that exec has not heard yet",
      ending({ signal: "SIGINT" }, null),
      { status: "failed", error: { type: "interrupted", signal: "SIGINT", durationSeconds: 1 } },
    ],
    [
      "a signal to stop that has ended what it waited for",
      ending({ exitCode: 143 }, null),
      { status: "failed", error: { type: "interrupted", exitCode: 143, durationSeconds: 1 } },
    ],
    [
      "a cancel",
      ending({ signal: "SIGTERM" }, cancelled),
      { status: "cancelled", error: { signal: "SIGTERM", durationSeconds: 1 } },
    ],
    [
      "a cancel, beside a signal from outside",
      ending({ exitCode: 0 }, cancelled, { interruptedBy: "SIGTERM" }),
      { status: "cancelled", result: { exitCode: 0, durationSeconds: 1 } },
    ],
    [
      "a cancel, with a stop command that failed",
      ending({ exitCode: 0 }, cancelled, { failure: "it ended with 1" }),
      {
        status: "cancelled",
        error: {
          type: "stop-command-failed",
          exitCode: 0,
          durationSeconds: 1,
          message: "it ended with 1",
        },
      },
    ],
    // Nobody has cancelled it, and the service would refuse to say so.
    [
      "silence",
      ending({ signal: "SIGTERM" }, { kind: "unreachable", seconds: 9 }),
      {
        status: "failed",
        error: { type: "unreachable", signal: "SIGTERM", durationSeconds: 1 },
      },
    ],
  ] as const)("of an end by %s", (_name, how, request) => {
    expect(finishRequest(2, how)).toEqual({ attempt: 2, ...request });
  });
});

describe("the grace of a command", () => {
  const told = (gracePeriodSeconds: number | null) => cancellation({ gracePeriodSeconds });
  const own = (seconds: number | null, isDeclared = false) => ({ seconds, isDeclared });

  it.each([
    ["is what the cancellation says, less a margin", told(30), own(null), 28_000],
    ["has a small margin where it is short", told(1), own(null), 800],
    ["is none where the canceller gave none", told(0), own(600), 0],
    ["is the canceller's, and not --grace", told(10), own(600), 8000],
    ["is the canceller's where --grace was declared", told(30), own(600, true), 28_000],
    ["is --grace where it was declared", told(602), own(600, true), 600_000],
    ["is --grace where it could not be declared", told(30), own(600), 600_000],
    ["is --grace where the service takes no grace as long", told(86_400), own(90_000), 90_000_000],
    ["is --grace where the cancel came before the start", told(null), own(5), 5000],
    ["is --grace where nobody cancelled", null, own(5), 5000],
    ["is the default where nobody says anything", null, own(null), 28_000],
  ] as const)("%s", (_name, given, grace, milliseconds) => {
    expect(graceMs(given, grace)).toBe(milliseconds);
  });

  it.each([0, 1, 5, 8, 90, 600])("is %d s where that is declared and not overruled", (seconds) => {
    const declared = graceToDeclare(seconds);
    expect(graceMs(told(declared), own(null))).toBeCloseTo(seconds * 1000);
  });
});

describe("a cancellation that makes no sense", () => {
  it.each([
    ["no grace period", '{ "cause": "request", "requestedBy": null }', null, /^cancelled/],
    ["a grace period that is no number", '{ "gracePeriodSeconds": "30" }', null, /^cancelled/],
    ["a negative one", '{ "gracePeriodSeconds": -1 }', null, /^cancelled/],
    [
      "a reason that is no text",
      '{ "cause": "request", "reason": { "a": 1 } }',
      null,
      /^cancelled/,
    ],
    ["a cause of the future", '{ "cause": "parent" }', null, /^cancelled.*parent/],
  ])("stops the command all the same: %s", (_name, json, seconds, words) => {
    const given: Cancellation = JSON.parse(json);
    expect(toldSeconds(given)).toBe(seconds);
    expect(graceMs(given, { seconds: null, isDeclared: false })).toBe(28_000);
    expect(stopLine({ kind: "cancelled", cancellation: given })).toMatch(words);
  });
});

describe("a deadline", () => {
  const times = { startedAt: "2026-08-15T12:00:00.000Z", deadlineAt: "2026-08-15T12:00:10.000Z" };

  it.each([
    ["as it is here", times, 10, true],
    ["that is sooner", times, 11, true],
    ["that is later", times, 9.999, false],
    ["that is none", { ...times, deadlineAt: null }, 10, false],
  ] as const)("is kept by a service with one %s", (_name, differences, seconds, isOnRecord) => {
    expect(isDeadlineOnRecord(taskState("t", differences), seconds)).toBe(isOnRecord);
  });

  describe("here", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());
    const started = (isOnRecord: boolean) => {
      const onDeadline = vi.fn();
      const stop = startDeadline({ timeoutSeconds: 10, isOnRecord: () => isOnRecord, onDeadline });
      return { onDeadline, stop };
    };

    it.each([
      ["is kept at once where the service has another", false, 10_000],
      ["leaves the service 2 s to say it first", true, 12_000],
    ])("%s", (_name, isOnRecord, atMs) => {
      const { onDeadline } = started(isOnRecord);
      vi.advanceTimersByTime(atMs - 1);
      expect(onDeadline).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(onDeadline).toHaveBeenCalledOnce();
    });

    it.each([5000, 11_000])("does not fire after it is stopped at %d ms", (atMs) => {
      const { onDeadline, stop } = started(true);
      vi.advanceTimersByTime(atMs);
      stop();
      vi.advanceTimersByTime(60_000);
      expect(onDeadline).not.toHaveBeenCalled();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
