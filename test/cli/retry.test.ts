import { expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `retry-${crypto.randomUUID()}`;

it.each([
  ["retry"],
  ["tree"],
  ["finish", "--attempt", "1", "--status", "succeeded"],
  ["release", "--attempt", "1", "--holder", "a"],
  ["heartbeat", "--attempt", "1", "--holder", "a"],
])("edge-canceler %s of an unknown task is no: exit code 1", async (command, ...options) => {
  expect(await runCli([command, newId(), ...options, "--url", url])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `edge-canceler ${command}: the task is unknown, or the token does not name it\n`,
  });
});

it("edge-canceler retry lets a failed task run again, and says why another one does not", async () => {
  const [failed, running] = [newId(), newId()];
  await tasks.start(running);
  const { attempt } = await tasks.start(failed);
  await tasks.finish(failed, { attempt, status: "failed" });
  expect(await runCli(["retry", failed, running, "--url", url])).toEqual({
    exitCode: 77,
    stdout: expect.stringMatching(`^${failed}  pending[^\n]*\n$`),
    stderr: expect.stringMatching(`^edge-canceler: ${running}: [^\n]*has failed[^\n]*\n$`),
  });
  expect(await tasks.get(failed)).toMatchObject({ status: "pending", failures: 0 });
});
