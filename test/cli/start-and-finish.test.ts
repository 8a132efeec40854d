import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `start-${crypto.randomUUID()}`;
const run = (...args: string[]) => runCli([...args, "--url", url]);

describe("edge-canceler start", () => {
  it("prints the attempt: the same for the same holder, the next one for another", async () => {
    const id = newId();
    const attempts: number[] = [];
    for (const holder of ["a", "a", "b"]) {
      const { stdout } = await run("start", id, "--holder", holder, "--json");
      const { attempt }: { attempt: number } = JSON.parse(stdout);
      attempts.push(attempt);
    }
    expect(attempts).toEqual([1, 1, 2]);
    expect(await run("start", id)).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(`^${id}  running  attempt 3  started \\S+\n$`),
      stderr: "",
    });
  });

  it("is refused if the task was cancelled", async () => {
    const id = newId();
    await tasks.cancel(id);
    const { exitCode, stdout, stderr } = await run("start", id);
    expect([exitCode, stdout]).toEqual([77, ""]);
    expect(stderr).toMatch(/^edge-canceler start: refused \(409\): [^\n]*cancelled[^\n]*\n$/);
  });
});

it.each(["declare", "start"])("edge-canceler %s knows why a task is unknown", async (command) => {
  await using service = await fakeService();
  const asked = runCli([command, newId(), "--url", service.url]);
  const type = "urn:edge-canceler:problem:task-unknown";
  const problem = { type, title: "Unknown", status: 404, detail: "Unknown: start it." };
  (await service.requests.next()).answer(404, problem);
  const { exitCode, stderr } = await asked;
  expect([exitCode, stderr]).toEqual([
    77,
    `edge-canceler ${command}: refused (404): The token does not name the task, or its parent: give another token with EDGE_CANCELER_TOKEN or --token-file\n`,
  ]);
});

describe("edge-canceler finish", () => {
  it.each([
    ["succeeded", "--result", { loss: 0.1 }, ""],
    ["failed", "--error", { message: "out of memory" }, "  out of memory"],
  ])("reports that an attempt %s, with its %s", async (status, flag, value, why) => {
    const id = newId();
    await tasks.start(id);
    const json = JSON.stringify(value);
    const end = await run("finish", id, "--attempt", "1", "--status", status, flag, json);
    expect(end).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        `^${id}  ${status}  attempt 1  started \\S+${why}  ended \\S+\n$`,
      ),
      stderr: "",
    });
    const { result, error } = (await tasks.get(id)) ?? {};
    expect(flag === "--result" ? result : error).toEqual(value);
  });

  it("says so if the task had ended before with another result", async () => {
    const id = newId();
    await tasks.start(id);
    const end = ["finish", id, "--attempt", "1", "--status", "succeeded", "--result"];
    expect((await run(...end, '{"loss":0.1}')).stderr).toBe("");
    expect((await run(...end, '{"loss":0.1}')).stderr).toBe("");
    const { exitCode, stderr } = await run(...end, '{"loss":0.2}');
    expect([exitCode, stderr]).toEqual([
      0,
      `edge-canceler: ${id} had ended before: its result and error stay as they were\n`,
    ]);
    expect((await tasks.get(id))?.result).toEqual({ loss: 0.1 });
  });

  it("is refused for another holder's run", async () => {
    const id = newId();
    await tasks.start(id, { holder: "b" });
    const end = ["finish", id, "--attempt", "1", "--status", "failed"];
    const { exitCode, stderr } = await run(...end, "--holder", "a");
    expect([exitCode, stderr]).toEqual([
      77,
      `edge-canceler finish: refused (409): Another run of task ${id} counts now (attempt 1): stop yours. Its outcome does not count\n`,
    ]);
    expect((await run(...end, "--holder", "b")).exitCode).toBe(0);
  });

  it("acknowledges a cancel", async () => {
    const id = newId();
    await tasks.start(id);
    await tasks.cancel(id);
    const { exitCode } = await run("finish", id, "--attempt", "1", "--status", "cancelled");
    const task = await tasks.get(id);
    expect([exitCode, task?.status]).toEqual([0, "cancelled"]);
    expect(task?.cancellation?.acknowledgedAt).not.toBeNull();
  });

  it("is refused for an attempt that is no longer the one that runs", async () => {
    const id = newId();
    await tasks.start(id);
    await tasks.start(id);
    const end = await run("finish", id, "--attempt", "1", "--status", "succeeded");
    expect(end).toEqual({
      exitCode: 77,
      stdout: "",
      stderr: expect.stringContaining("edge-canceler finish: refused (409): "),
    });
  });

  it.each([
    [["a"], '--attempt must be the number that start printed, such as 1, not ""'],
    [["a", "--attempt", "-1"], "--attempt"],
    [["a", "--attempt", "1"], '--status must be succeeded, failed or cancelled, not ""'],
    [["a", "--attempt", "1", "--status", "done"], 'failed or cancelled, not "done"'],
    [["a", "--attempt", "1", "--status", "failed", "--error", "oom"], "--error must be JSON"],
    [
      ["a", "--attempt", "1", "--status", "failed", "--error", "1", "--result", "1"],
      "give --result or --error, not both",
    ],
  ])("says what is wrong: %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await run("finish", ...args);
    expect([exitCode, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
    expect(stderr).toContain(words);
  });
});
