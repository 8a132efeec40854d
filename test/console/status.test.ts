import { describe, expect, it } from "vitest";
import { selectionOf, selectionWords } from "../../console/bulk/selection.ts";
import { NO_FILTER } from "../../console/route.ts";
import { claimsOf } from "../../console/settings/claims.ts";
import { historyText } from "../../console/task/history-text.ts";
import { shareOf, textOfJson } from "../../console/task/json.ts";
import { isForceOffered, LOOK, statusText } from "../../console/ui/status.ts";
import { calmDuration, clockTime, duration } from "../../console/ui/time.ts";
import { TASK_STATUSES, type TaskState } from "../../worker-client/protocol.ts";
import { cancellingTask, taskState } from "../client/task-state.ts";

const AT = "2026-08-15T12:00:10.000Z";
const NOW_MS = Date.parse(AT);

/** A task that was cancelled, with what its cancellation says. */
function cancelled(differences: Partial<NonNullable<TaskState["cancellation"]>>): TaskState {
  const task = cancellingTask("a", { status: "cancelled", endedAt: AT });
  const { cancellation } = task;
  return cancellation === null
    ? task
    : { ...task, cancellation: { ...cancellation, ...differences } };
}

describe("a status", () => {
  it("has a shape and a word of its own, so that no colour is needed", () => {
    const marks = TASK_STATUSES.map((status) => LOOK[status].mark);
    const words = TASK_STATUSES.map((status) => LOOK[status].word);
    expect([new Set(marks).size, new Set(words).size]).toEqual([
      TASK_STATUSES.length,
      TASK_STATUSES.length,
    ]);
  });

  it.each([
    ["the worker said that it stopped", cancelled({ acknowledgedAt: AT }), "stopped", "slash"],
    ["it did not", cancelled({}), "not confirmed", "gap"],
    ["nobody ran it", cancelled({ graceEndsAt: null }), "was not running", "slash"],
    [
      "nobody ever started it",
      { ...cancelled({ graceEndsAt: null }), attempt: 0 },
      "never started",
      "slash",
    ],
  ])("tells cancelled from cancelled: %s", (_, task, note, mark) => {
    expect(statusText(task, NOW_MS)).toMatchObject({ word: "cancelled", note, mark });
  });

  it("is told from a list, too, where less is known", () => {
    const { graceEndsAt: _, ...known } = cancelled({}).cancellation ?? {};
    const facts = { status: "cancelled", attempt: 1, availableAt: null, endedAt: AT } as const;
    const cancellation = { cause: "request", acknowledgedAt: null, requestedAt: AT } as const;
    expect(known).not.toHaveProperty("graceEndsAt");
    expect(statusText({ ...facts, cancellation }, NOW_MS).note).toBe("was not running");
    const earlier = { ...cancellation, requestedAt: "2026-08-15T12:00:01.000Z" };
    expect(statusText({ ...facts, cancellation: earlier }, NOW_MS).note).toBe("not confirmed");
  });

  it.each([
    [taskState("a", { status: "pending", attempt: 0 }), null],
    [
      taskState("a", { status: "pending", attempt: 0, availableAt: "2026-08-15T13:00:00Z" }),
      "delayed",
    ],
    [taskState("a", { status: "pending", attempt: 1 }), "to be retried"],
    [taskState("a"), null],
    [cancellingTask("a"), "not acknowledged yet"],
    [taskState("a", { status: "succeeded", endedAt: AT }), null],
    [cancellingTask("a", { status: "succeeded", endedAt: AT }), "cancelled too late"],
    [taskState("a", { status: "timed_out", attempt: 0, endedAt: AT }), "never started"],
  ])("says what its word does not: %#", (task, note) => {
    expect(statusText(task, NOW_MS).note).toBe(note);
  });
});

describe("force", () => {
  const requestedMs = Date.parse("2026-08-15T12:00:01.000Z");
  it.each([
    [1, false],
    [4.9, false],
    [5, true],
    [28, true],
    // The grace period is as good as over.
    [29.5, false],
  ])("is offered when a worker takes its time: after %d s %s", (seconds, isOffered) => {
    expect(isForceOffered(cancellingTask("a"), requestedMs + seconds * 1000)).toBe(isOffered);
  });

  it("is not offered where nothing is being cancelled", () => {
    expect(isForceOffered(taskState("a"), NOW_MS)).toBe(false);
  });
});

describe("a length of time", () => {
  it.each([
    [0, "0 ms"],
    [24, "24 ms"],
    [2449, "2.4 s"],
    [59_999, "59 s"],
    [192_000, "3m 12s"],
    [7_200_000, "2h"],
    [9_000_000, "2h 30m"],
    [26 * 3_600_000, "1d 2h"],
    [-5, "0 ms"],
  ])("of %d ms is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it("that grows is told in whole seconds", () => {
    expect([calmDuration(2449), calmDuration(192_000)]).toEqual(["2 s", "3m 12s"]);
  });

  it("and a time has its date unless that is today's", () => {
    const day = new Date(2026, 0, 5, 9, 4, 3);
    expect(clockTime(day.toISOString(), day.getTime())).toBe("09:04:03");
    expect(clockTime(day.toISOString(), day.getTime() + 86_400_000)).toBe("2026-01-05 09:04:03");
    expect(clockTime("never", 0)).toBe("–");
  });
});

describe("a value", () => {
  it("is a text as it is, a line if it is short, and lines if it is long", () => {
    expect(textOfJson("<b>")).toBe("<b>");
    expect(textOfJson({ a: 1 })).toBe('{"a":1}');
    expect(textOfJson({ a: "x".repeat(60) }).split("\n")).toHaveLength(3);
  });

  it.each([
    [0.5, 0.5],
    [{ percent: 42 }, 0.42],
    [{ fraction: 1 }, 1],
    [{ percent: 420 }, null],
    [7, null],
    ["half", null],
    [[1], null],
    [null, null],
  ])("%j is drawn as progress: %j", (value, share) => {
    expect(shareOf(value)).toBe(share);
  });
});

describe("a history", () => {
  it.each([
    [{ type: "started", attempt: 2, holder: "<b>", by: "ci" }, "attempt 2 started on <b>", "ci"],
    [{ type: "queued", queue: "gpu", availableAt: AT }, "put into the queue gpu, for later", null],
    [{ type: "hurried", gracePeriodSeconds: 0, by: null }, "forced to end at once", null],
    [{ type: "ended", status: "timed_out", attempt: 1 }, "timed out", null],
  ] as const)("says in words: %j", (event, words, by) => {
    expect(historyText(event)).toMatchObject({ words, by });
  });

  it.each([
    ["request", "cancelled: why"],
    ["timeout", "ran out of time: why"],
    ["parent", "cancelled with its parent: why"],
    ["superseded", "superseded by a newer task: why"],
  ] as const)("says what caused a cancel: %s", (cause, words) => {
    const event = {
      type: "cancelled",
      cause,
      reason: "why",
      by: null,
      gracePeriodSeconds: 1,
    } as const;
    expect(historyText(event).words).toBe(words);
  });
});

describe("a selection of many tasks", () => {
  it("names something that has not ended, or is none", () => {
    expect(selectionOf({ ...NO_FILTER, statuses: ["succeeded"] })).toBeNull();
    const texts = { queue: "gpu", prefix: "a-", parent: "b", createdAfter: "2026-01-31T09:00:00Z" };
    const some = selectionOf({ ...texts, statuses: ["running", "failed"] });
    expect(some).toEqual({ ...texts, status: ["running"] });
    expect(selectionWords(some ?? {})).toBe(
      "that are running, in the queue gpu, with ids that begin with a-, that are children of b, created after 2026-01-31T09:00:00Z",
    );
    expect(selectionWords({ prefix: "a" })).toBe("that have not ended, with ids that begin with a");
  });
});

describe("a token", () => {
  const encode = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString("base64url");
  it("says what it is for, without being checked", () => {
    const claims = { sub: "größe", scope: "watch", tasks: ["a-*", "b"], exp: 1_800_000_000 };
    expect(claimsOf(`x.${encode(claims)}.y`)).toEqual({
      subject: "größe",
      scope: "watch",
      tasks: "a-*, b",
      queues: "",
      expiresAtMs: 1_800_000_000_000,
    });
  });

  it.each(["", "x", "x.y.z", `x.${encode(null)}.y`])("%j says nothing", (token) => {
    expect(claimsOf(token)).toBeNull();
  });
});
