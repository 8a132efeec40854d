import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { escapeTaskId } from "../../worker-client/task-id.ts";
import { runCli, runningTasks } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

function idsIn(table: string): string[] {
  const lines = table.trimEnd().split("\n");
  return lines.map((line) => line.split(/ {2,}/)[0] ?? "");
}

describe("edge-canceler list", () => {
  it("lists tasks in an aligned table, newest first, or as lines of JSON", async () => {
    const name = await runningTasks(tasks, 3);
    const { exitCode, stdout, stderr } = await runCli([
      "list",
      "--status",
      "running",
      "--prefix",
      name,
      "--limit",
      "2",
      "--url",
      url,
    ]);
    expect([exitCode, stderr]).toEqual([
      0,
      "edge-canceler: there are more than 2: --limit shows more\n",
    ]);
    const [title, ...ids] = idsIn(stdout);
    expect(title).toBe("TASK");
    const all = [];
    for await (const { id } of tasks.list({ prefix: name }, { limit: 1 })) all.push(id);
    expect(all.toSorted()).toEqual([0, 1, 2].map((index) => escapeTaskId(`${name}-${index}`)));
    expect(ids).toEqual(all.slice(0, 2));
    const json = await runCli(["list", "--prefix", name, "--limit", "all", "--json", "--url", url]);
    const shown = json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).id);
    expect(shown).toEqual(all);
  });

  it("says that there is none, and what it does not understand", async () => {
    const none = await runCli(["list", "--prefix", "no-such-task-", "--url", url]);
    expect([none.exitCode, none.stderr]).toEqual([1, "edge-canceler: no task matches\n"]);
    const ever = ["--since", "9999999999d", "--prefix", "no-such-task-"];
    expect(await runCli(["list", ...ever, "--url", url])).toEqual(none);
    const wrong = await runCli(["list", "--status", "runing", "--url", url]);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('not "runing"');
    const long = await runCli(["list", "--prefix", "a".repeat(129), "--url", url]);
    expect(long.exitCode).toBe(2);
    expect(long.stderr).toContain("--prefix must be the beginning of a task id (ids have 1 to 128");
  });
});

it("edge-canceler history shows what has happened to a task", async () => {
  const id = `history-${crypto.randomUUID()}`;
  await tasks.start(id, { holder: "gpu-7" });
  await tasks.cancel(id, { reason: "wrong data", gracePeriodSeconds: 0 });
  const { exitCode, stdout } = await runCli(["history", id, "--url", url]);
  expect(exitCode).toBe(0);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/).slice(1));
  expect(rows.slice(0, 3)).toEqual([
    ["WHAT", "DETAILS"],
    ["started", "attempt 1, holder gpu-7"],
    ["cancelled", "grace period 0ms, wrong data"],
  ]);
  const unknown = await runCli(["history", `${id}-x`, "--url", url]);
  expect([unknown.exitCode, unknown.stdout]).toEqual([1, ""]);
});
