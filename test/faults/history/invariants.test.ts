import { describe, expect, it } from "vitest";
import type { TaskState } from "../../../worker-client/protocol.ts";
import { cancellingTask, taskState } from "../../client/task-state.ts";
import type { Entry, Operation } from "./history.ts";
import { checkHistory } from "./invariants.ts";

const ID = "1234";
const LATER_MS = Date.parse("2026-08-15T12:00:02.000Z");

const running = taskState(ID);
const cancelling = cancellingTask(ID, { revision: 2 });
const receipt = cancelling.cancellation ?? fail();
const ended = taskState(ID, {
  ...cancelling,
  status: "cancelled",
  revision: 3,
  endedAt: at(50),
  cancellation: { ...receipt, acknowledgedAt: at(50) },
});
const succeeded = taskState(ID, { endedAt: at(5), status: "succeeded", revision: 2 });
const failed = taskState(ID, { endedAt: at(7), status: "failed", revision: 2 });
const cancelledLater = taskState(ID, { ...failed, revision: 3, cancellation: receipt });
const seconds = (count: number) => count * 1000;

function at(ms: number): string {
  return new Date(LATER_MS + ms).toISOString();
}

/** A task whose deadline acted. */
function timedOut(deadlineMs: number, actedMs: number): TaskState {
  const cancellation = { ...receipt, cause: "timeout", requestedAt: at(actedMs) } as const;
  return cancellingTask(ID, { deadlineAt: at(deadlineMs), cancellation });
}

let calls = 0;

/** A call that begins and is answered at these times, in milliseconds. */
function call(
  operation: Operation,
  [fromMs, toMs]: readonly [number, number],
  task: TaskState | null,
  { attempt = null, isRefused = false }: { attempt?: number | null; isRefused?: boolean } = {},
): Entry[] {
  const name = `${operation} ${++calls}`;
  return [
    {
      kind: "asked",
      atMs: LATER_MS + fromMs,
      call: name,
      operation,
      id: ID,
      attempt,
      waitMs: null,
    },
    { kind: "answered", atMs: LATER_MS + toMs, call: name, isRefused, task },
  ];
}

function line(kind: "watching" | "connected" | "cut" | "closed", atMs: number): Entry {
  return { kind, atMs: LATER_MS + atMs, watcher: "a worker", id: ID };
}

function told(atMs: number, task: TaskState): Entry {
  return { kind: "told", atMs: LATER_MS + atMs, watcher: "a worker", id: ID, task };
}

function aborted(atMs: number, error: string, cause: string | null = null): Entry {
  return { kind: "aborted", atMs: LATER_MS + atMs, watcher: "a worker", id: ID, error, cause };
}

function poll(waitMs: number, end: "unchanged" | "unanswered", atMs: number): Entry[] {
  return [
    {
      kind: "asked",
      atMs: LATER_MS,
      call: "a poll",
      operation: "poll",
      id: ID,
      attempt: null,
      waitMs,
    },
    { kind: end, atMs: LATER_MS + atMs, call: "a poll" },
  ];
}

const started = call("start", [0, 1], running);
const cancelled = call("cancel", [10, 20], cancelling);
const looked = call("get", [30, 31], cancelling);

/** The promises that a history shows to be broken. */
function broken(...entries: readonly (Entry | Entry[])[]): string[] {
  return checkHistory(entries.flat()).map(({ invariant }) => invariant);
}

describe("a history in which every promise is kept", () => {
  it.each([
    [
      "a cancel that is seen and told",
      [started, line("watching", 5), cancelled, told(19, cancelling), looked],
    ],
    [
      "a read that began before the acknowledgement and missed it",
      [started, call("get", [15, 40], running), cancelled, looked],
    ],
    [
      "a cancel of a task that ended by itself",
      [started, call("cancel", [10, 11], succeeded), call("get", [12, 13], succeeded)],
    ],
    [
      "a watcher whose line was cut and who learnt when it was back",
      [
        started,
        line("watching", 5),
        line("cut", 8),
        cancelled,
        line("connected", 9000),
        told(9900, cancelling),
        looked,
      ],
    ],
    [
      "a watcher that was closed before it had to learn",
      [started, line("watching", 5), cancelled, line("closed", 500), looked],
    ],
    [
      "a watcher that heard of a failure, and not of the cancel that came after it",
      [
        started,
        line("watching", 5),
        told(8, failed),
        call("cancel", [10, 20], cancelledLater),
        line("cut", 25),
        line("connected", 9000),
        call("get", [30, 31], cancelledLater),
      ],
    ],
    [
      "a watcher whose line was cut again at once",
      [started, line("watching", 5), cancelled, line("cut", 900), looked],
    ],
    [
      "a finish of a fenced attempt that was refused",
      [
        started,
        call("start", [5, 6], taskState(ID, { attempt: 2, revision: 2 })),
        call("finish", [8, 9], taskState(ID, { attempt: 2, revision: 2 }), {
          attempt: 1,
          isRefused: true,
        }),
      ],
    ],
    ["a poll that was over when its wait was", [started, poll(1000, "unchanged", 1000)]],
    ["a poll that was given up because the service died", [started, poll(1000, "unanswered", 500)]],
  ])("is fine: %s", (_name, entries) => {
    expect(broken(...entries)).toEqual([]);
  });
});

describe("while a history goes on", () => {
  const watched = [started, line("watching", 5), cancelled];

  it("nobody needs to have looked again yet", () => {
    expect(checkHistory([started, cancelled].flat(), LATER_MS + 30)).toEqual([]);
  });

  it("a watcher has its second to learn", () => {
    const found = (untilMs: number) => checkHistory([...watched, looked].flat(), untilMs);
    expect(found(LATER_MS + 1019)).toEqual([]);
    expect(found(LATER_MS + 1020)).toMatchObject([{ invariant: "I3" }]);
  });

  it("a second in which the machine stalled is none in which a watcher can learn", () => {
    const entries = [...watched, told(2500, cancelling), looked].flat();
    const stall = { fromMs: LATER_MS + 500, untilMs: LATER_MS + 2000 };
    expect(checkHistory(entries, undefined, [stall])).toEqual([]);
    expect(checkHistory(entries)).toMatchObject([{ invariant: "I3" }]);
    const unheard = [...watched, looked].flat();
    expect(checkHistory(unheard, undefined, [stall])).toMatchObject([{ invariant: "I3" }]);
  });

  it("what a later read has lost is broken already", () => {
    const entries = [...watched, call("get", [30, 31], running)];
    expect(checkHistory(entries.flat(), LATER_MS + 40)).toMatchObject([{ invariant: "I2" }]);
  });
});

describe("a broken promise is found:", () => {
  it("I1, when an acknowledged cancel is not on record", () => {
    expect(
      broken(started, call("cancel", [10, 20], running), call("get", [30, 31], running)),
    ).toEqual(["I1"]);
  });

  it("I1, when nobody looks after the acknowledgement", () => {
    expect(broken(started, cancelled)).toEqual(["I1"]);
  });

  it.each([
    ["an older revision", running],
    ["no task", null],
    [
      "the cancel of somebody else",
      cancellingTask(ID, {
        revision: 2,
        cancellation: { ...receipt, reason: "another" },
      }),
    ],
  ])("I2, when a later read finds %s", (_name, task) => {
    expect(broken(started, cancelled, call("get", [30, 31], task), looked)).toContain("I2");
  });

  it("I2, when what a watcher was told is not there afterwards", () => {
    expect(
      broken(
        started,
        call("cancel", [1, 40], cancelling),
        told(5, cancelling),
        call("get", [10, 11], running),
        call("get", [50, 51], cancelling),
      ),
    ).toEqual(["I2"]);
  });

  it.each([
    ["never learns", []],
    ["learns late", [told(seconds(2), cancelling)]],
  ])("I3, when a connected watcher %s", (_name, entries) => {
    expect(broken(started, line("watching", 5), cancelled, ...entries, looked)).toEqual(["I3"]);
  });

  it("I3, when a watcher that was told something before never learns", () => {
    expect(broken(started, told(5, running), cancelled, looked)).toEqual(["I3"]);
  });

  it("I3, when a watcher that is connected again does not learn", () => {
    expect(
      broken(
        started,
        line("watching", 5),
        line("cut", 8),
        cancelled,
        line("connected", seconds(5)),
        looked,
      ),
    ).toEqual(["I3"]);
  });

  it("I4, when a cancel is seen that nobody asked for", () => {
    expect(broken(started, told(5, cancelling))).toEqual(["I4"]);
  });

  it("I4, when a deadline is told before it has passed", () => {
    expect(broken(started, told(5, timedOut(9000, 9000)))).toEqual(["I4"]);
  });

  it.each([
    ["TaskCancelledError", "request"],
    ["TaskCancelledError", "timeout"],
    ["TaskFencedError", null],
    ["TaskGoneError", null],
    ["ServiceUnreachableError", null],
    ["TypeError", null],
  ])("I4, when a watch aborts for no reason (%s, %s)", (error, cause) => {
    expect(broken(started, aborted(5, error, cause))).toEqual(["I4"]);
  });

  it("I5, when a fenced attempt finishes", () => {
    const next = taskState(ID, { attempt: 2, revision: 2 });
    expect(
      broken(started, call("start", [5, 6], next), call("finish", [8, 9], next, { attempt: 1 })),
    ).toEqual(["I5"]);
  });

  it("I5, when a fenced attempt's result stands on the task", () => {
    const task = taskState(ID, { attempt: 2, revision: 2, result: { attempt: 1 } });
    expect(broken(started, call("get", [8, 9], task))).toEqual(["I5"]);
  });

  it("I5, when two holders have one attempt", () => {
    expect(broken(started, call("start", [5, 6], running))).toEqual(["I5"]);
  });

  it("I6, when an ended task ends again", () => {
    expect(
      broken(
        started,
        cancelled,
        call("get", [60, 61], ended),
        call("get", [70, 71], { ...ended, status: "succeeded", revision: 4 }),
      ),
    ).toEqual(["I6"]);
  });

  it("I7, when a deadline acts early", () => {
    expect(broken(started, call("get", [10, 11], timedOut(5, 4)))).toEqual(["I7"]);
  });

  it("I7, when a grace period is over early", () => {
    const task = {
      ...ended,
      cancellation: { ...receipt, graceEndsAt: at(51), acknowledgedAt: null },
    };
    expect(broken(started, cancelled, call("get", [60, 61], task))).toContain("I7");
  });

  it("I7, when a wait is over early, or never", () => {
    expect(broken(started, poll(1000, "unchanged", 900))).toEqual(["I7"]);
    expect(broken(started, poll(1000, "unanswered", seconds(12)))).toEqual(["I7"]);
  });

  it("I7, when a timer that is long due has not acted", () => {
    const task = taskState(ID, { deadlineAt: at(0) });
    expect(broken(started, call("get", [seconds(11), seconds(12)], task))).toEqual(["I7"]);
  });
});

function fail(): never {
  throw new Error("a cancelling task has a cancellation");
}
