import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { explainFailure } from "../../worker-client/cli/failure.ts";
import { taskLine } from "../../worker-client/cli/task-lines.ts";
import { taskTable } from "../../worker-client/cli/task-table.ts";
import type { Line } from "../../worker-client/cli/terminal.ts";
import {
  type Attempt,
  type JsonValue,
  RequestRefusedError,
  type TaskState,
} from "../../worker-client/index.ts";
import { cancellingTask, problem, taskState } from "../client/task-state.ts";

const START = "2026-08-15T12:00:00.000Z";
const NOW_MS = Date.parse("2026-08-15T12:01:00.000Z");

function textOf(line: Line | undefined): string {
  return [line ?? ""]
    .flat()
    .map((part) => (typeof part === "string" ? part : part.text))
    .join("");
}

function attempt(outcome: Attempt["outcome"], error: JsonValue): Attempt {
  return { attempt: 1, holder: "one", startedAt: START, endedAt: START, outcome, error };
}

const WAITING: Partial<TaskState> = { status: "pending", attempt: 0, startedAt: null };
const AGAIN: Partial<TaskState> = {
  ...WAITING,
  attempt: 1,
  startedAt: START,
  attempts: [attempt("failed", { exitCode: 3, durationSeconds: 1 })],
  availableAt: "2026-08-15T12:01:30.000Z",
};
const { cancellation } = cancellingTask("a");
const TOO_LATE: Partial<TaskState> = {
  ...WAITING,
  status: "timed_out",
  endedAt: START,
  cancellation: cancellation && {
    ...cancellation,
    cause: "timeout",
    requestedAt: START,
    gracePeriodSeconds: null,
    graceEndsAt: null,
  },
};

describe("a task in a line, and in a table", () => {
  it.each([
    ["that waits in a queue", { ...WAITING, queue: "gpu" }, "in gpu", "waits in gpu for 1m"],
    [
      "that is delayed",
      { ...WAITING, queue: "gpu", availableAt: "2026-08-15T12:05:00.000Z" },
      "in gpu  waits until 2026-08-15T12:05:00.000Z",
      "to be started in 4m",
    ],
    [
      "that is tried again",
      AGAIN,
      "attempt 1 failed (exit code 3)  waits until 2026-08-15T12:01:30.000Z",
      "attempt 1 failed (exit code 3); next attempt in 30s",
    ],
    [
      "that could be tried again now",
      { ...AGAIN, availableAt: null, queue: "gpu" },
      "in gpu  attempt 1 failed (exit code 3)",
      "attempt 1 failed (exit code 3); waits for its next attempt in gpu",
    ],
    [
      "whose worker gave it back",
      { ...AGAIN, availableAt: null, attempts: [attempt("released", null)] },
      "attempt 1 released",
      "attempt 1 released; waits for its next attempt",
    ],
    [
      "that nobody started in time",
      TOO_LATE,
      `not started in time ${START}`,
      "not started in time",
    ],
  ])("%s", (_name, differences, line, details) => {
    const task = taskState("a", differences);
    expect(textOf(taskLine(task))).toBe(`a  ${task.status}  ${line}`);
    const [, row] = taskTable(new Map([["a", task]]), NOW_MS, 200);
    expect(textOf(row)).toMatch(new RegExp(` {2}${details.replaceAll(/[()]/g, "\\$&")}$`));
  });

  it("shows every task's status beside an id that is longer than a line of the terminal", () => {
    const long = "a".repeat(128);
    const tasks = new Map(["b", long].map((id) => [id, taskState(id)] as const));
    const rows = taskTable(tasks, NOW_MS, 80).map(textOf);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 2))).toEqual([
      ["TASK", "STATUS"],
      ["b", "running"],
      [long, "running"],
    ]);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(240);
  });

  it("shows how long it ran, but not while it waits for its next attempt", () => {
    const ranIn = (differences: Partial<TaskState>) => {
      const task = taskState("a", { startedAt: START, ...differences });
      return textOf(taskTable(new Map([["a", task]]), NOW_MS, 200)[1]).split(/ {2,}/)[3];
    };
    const ran = "1m";
    expect(ranIn({ status: "running" })).toBe(ran);
    expect(ranIn({ status: "failed", endedAt: new Date(NOW_MS).toISOString() })).toBe(ran);
    expect(ranIn({ ...AGAIN })).toBe("-");
  });

  it.each<[JsonValue, string]>([
    [{ type: "lease-lost", message: "nothing was heard" }, "lease-lost: nothing was heard"],
    [{ type: "interrupted", exitCode: 143 }, "interrupted: exit code 143"],
    [{ signal: "SIGSEGV", durationSeconds: 1 }, "SIGSEGV"],
    [{ name: "RangeError", message: "out of memory" }, "RangeError: out of memory"],
    [{ name: "Error", message: "no luck" }, "no luck"],
    [{ code: 7 }, '{"code":7}'],
    ["disk\u001b[31m full", "disk [31m full"],
    ["x".repeat(500), "x".repeat(200)],
  ])("that has failed says why: %j", (error, words) => {
    const task = taskState("a", { status: "failed", error, endedAt: START });
    expect(textOf(taskLine(task))).toBe(
      `a  failed  attempt 1  started ${START}  ${words}  ended ${START}`,
    );
  });
});

/** What the service says in its problems where it names a route, for a task or a queue named `a`. */
function detailsWithRoutes(): string[] {
  return ["src/routes/task-problems.ts", "src/routes/enqueue.ts"].flatMap((file) => {
    const source = readFileSync(join(projectFolder, file), "utf8");
    return Array.from(source.matchAll(/`([^`]*\/v1\/[^`]*)`/g), ([, text = ""]) =>
      text.replaceAll(/\$\{.*?\}/g, "a"),
    );
  });
}

function said(detail: string): string {
  const error = new RequestRefusedError(409, problem("task-ended", 409, detail));
  return explainFailure(error).line;
}

describe("what the command says of a refusal", () => {
  it.each(detailsWithRoutes())("names no route: %s", (detail) => {
    expect(said(detail)).toContain("edge-canceler ");
    expect(said(detail)).not.toMatch(/\/v1\/|\?wait/);
  });

  it.each([
    [
      "start it with POST /v1/tasks/a/start, or wait",
      "start it with edge-canceler start a, or wait",
    ],
    ["forget it with DELETE /v1/tasks/a.b.", "forget it with edge-canceler forget a.b"],
    ['with PUT /v1/queues/a {"accepting":true}.', "with edge-canceler queue a open"],
    ['or start it with "takeOver": true.', "or start it with --take-over"],
    ['that does, or send "parent": null.', "or leave out --parent (with exec: give --no-parent)"],
  ])("says %j as a command", (detail, words) => {
    expect(said(detail)).toContain(words);
  });
});
