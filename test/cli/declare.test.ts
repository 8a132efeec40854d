import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const declare = (...args: string[]) => runCli(["declare", ...args, "--url", url]);

describe("edge-canceler declare", () => {
  it("declares a task, with its times and metadata", async () => {
    const id = `declare-${crypto.randomUUID()}`;
    const times = ["--timeout", "2h", "--grace", "5m", "--retention", "1d"];
    const { exitCode, stdout, stderr } = await declare(
      id,
      ...times,
      "--metadata",
      '{"model":"größte"}',
    );
    expect([exitCode, stdout, stderr]).toEqual([0, `${id}  pending\n`, ""]);
    expect((await tasks.get(id))?.metadata).toEqual({ model: "größte" });
    const { startedAt, deadlineAt } = await tasks.start(id);
    expect(Date.parse(deadlineAt ?? "") - Date.parse(startedAt ?? "")).toBe(7_200_000);
    const { cancellation } = await tasks.cancel(id);
    const { requestedAt, graceEndsAt } = cancellation ?? {};
    expect(Date.parse(graceEndsAt ?? "") - Date.parse(requestedAt ?? "")).toBe(300_000);
  });

  it("leaves a task that exists as it is", async () => {
    const id = `declare-${crypto.randomUUID()}`;
    const task = await tasks.declare(id, { metadata: { first: true } });
    const { exitCode, stdout } = await declare(id, "--metadata", "{}", "--json");
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, task]);
  });

  it.each([
    [["a", "b"], "name one task, not 2: "],
    [
      ["a", "--metadata", "{model}"],
      '--metadata must be JSON, such as \'{"model":"large"}\', not "{model}"',
    ],
    [["a", "--metadata", "[1]"], "--metadata must be a JSON object, such as "],
    [
      ["a", "--timeout", "soon"],
      '--timeout must be a duration like 90s, 5m, 2h30m or 1d, not "soon"',
    ],
  ])("says what is wrong: %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await declare(...args);
    expect([exitCode, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
    expect(stderr).toContain(words);
  });
});
