import { describe, expect, it } from "vitest";
import type { CommandEnd } from "../../worker-client/cli/exec/command.ts";
import { exitCodeOf, finishRequest } from "../../worker-client/cli/exec/report.ts";
import { graceMs, type StopReason } from "../../worker-client/cli/exec/stop.ts";
import type { Cancellation } from "../../worker-client/index.ts";

const NOW_MS = Date.parse("2026-08-15T12:00:10.000Z");

function cancelled(differences: Partial<Cancellation> = {}, isOver = false): StopReason {
  const cancellation: Cancellation = {
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
  return { kind: "cancelled", cancellation, isOver };
}

function ended(end: Partial<CommandEnd>): CommandEnd {
  return { exitCode: null, signal: null, durationSeconds: 1, failure: null, ...end };
}

describe("the exit code of exec", () => {
  const timeout = cancelled({ cause: "timeout" });
  it.each([
    ["a code of its own", ended({ exitCode: 3 }), null, 3],
    ["a signal of its own", ended({ signal: "SIGSEGV" }), null, 139],
    ["SIGTERM after a cancel", ended({ signal: "SIGTERM" }), cancelled(), 143],
    ["SIGKILL after a cancel", ended({ signal: "SIGKILL" }), cancelled(), 137],
    ["a code after a cancel", ended({ exitCode: 7 }), cancelled(), 7],
    ["0 after a cancel, which is no success", ended({ exitCode: 0 }), cancelled(), 143],
    ["SIGTERM after the deadline", ended({ signal: "SIGTERM" }), timeout, 124],
    ["0 after the deadline", ended({ exitCode: 0 }), timeout, 124],
    [
      "SIGTERM after a deadline kept here",
      ended({ signal: "SIGTERM" }),
      { kind: "deadline", seconds: 1 },
      124,
    ],
    [
      "SIGTERM after another start",
      ended({ signal: "SIGTERM" }),
      { kind: "fenced", attempt: 2 },
      143,
    ],
  ] as const)("of a command that ended with %s", (_name, end, reason, exitCode) => {
    expect(exitCodeOf(end, reason && { reason, signal: "SIGTERM" })).toBe(exitCode);
  });
});

describe("what is reported", () => {
  it.each([
    [
      "0",
      ended({ exitCode: 0 }),
      null,
      { status: "succeeded", result: { exitCode: 0, durationSeconds: 1 } },
    ],
    [
      "a code",
      ended({ exitCode: 3 }),
      null,
      { status: "failed", error: { exitCode: 3, durationSeconds: 1 } },
    ],
    [
      "a signal",
      ended({ signal: "SIGSEGV" }),
      null,
      { status: "failed", error: { signal: "SIGSEGV", durationSeconds: 1 } },
    ],
    [
      "a cancel",
      ended({ signal: "SIGTERM" }),
      cancelled(),
      { status: "cancelled", error: { signal: "SIGTERM", durationSeconds: 1 } },
    ],
    // Nobody has cancelled it, and the service would refuse to say so.
    [
      "silence",
      ended({ signal: "SIGTERM" }),
      { kind: "unreachable", seconds: 9 },
      {
        status: "failed",
        error: { signal: "SIGTERM", durationSeconds: 1, stopped: "unreachable" },
      },
    ],
  ] as const)("of an end by %s", (_name, end, reason, request) => {
    expect(finishRequest(2, end, reason && { reason, signal: "SIGTERM" })).toEqual({
      attempt: 2,
      ...request,
    });
  });
});

describe("the grace of a command", () => {
  it.each([
    ["is what the user chose", cancelled(), 5, 5000],
    ["is what the cancellation leaves, less a margin", cancelled(), null, 18_000],
    [
      "has a small margin where it is short",
      cancelled({ graceEndsAt: "2026-08-15T12:00:01.000Z" }),
      null,
      800,
    ],
    [
      "is none where the canceller gave none",
      cancelled({ graceEndsAt: "2026-08-15T12:00:00.000Z" }),
      null,
      0,
    ],
    ["is short where the task counts as stopped already", cancelled({}, true), null, 5000],
    ["is the default where nobody cancelled", { kind: "gone" }, null, 30_000],
  ] as const)("%s", (_name, reason, graceSeconds, milliseconds) => {
    expect(graceMs(reason, graceSeconds, NOW_MS)).toBe(milliseconds);
  });

  it.each([-3_600_000, 3_600_000])("does not believe a clock that is wrong by %d ms", (wrongMs) => {
    expect(graceMs(cancelled(), null, NOW_MS + wrongMs)).toBe(28_000);
  });
});
