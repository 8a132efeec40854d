import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `status-${crypto.randomUUID()}`;

describe("edge-canceler status", () => {
  it("shows the tasks in the order in which they were named, each once", async () => {
    const [first, second] = [newId(), newId()];
    await tasks.declare(first, { timeoutSeconds: 60 });
    await tasks.start(first);
    await tasks.declare(second);
    expect(await runCli(["status", first, second, first, "--url", url])).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        `^${first}  running  attempt 1  started \\S+Z  deadline \\S+Z\n${second}  pending\n$`,
      ),
      stderr: "",
    });
  });

  it("says of a task that nobody knows just that, for machines too", async () => {
    const id = newId();
    const { exitCode, stdout } = await runCli(["status", id, "--json", "--url", url]);
    expect([exitCode, JSON.parse(stdout)]).toEqual([1, { id, status: "unknown" }]);
  });

  it("shows the others where one is refused", async () => {
    await using service = await fakeService();
    const [good, bad] = [newId(), newId()];
    const task = await tasks.declare(good);
    const asked = runCli(["status", bad, good, "--url", service.url]);
    for (let requests = 0; requests < 2; requests++) {
      const exchange = await service.requests.next();
      if (exchange.path.endsWith(good)) exchange.answer(200, task);
      else exchange.answer(403, "");
    }
    expect(await asked).toEqual({
      exitCode: 77,
      stdout: `${good}  pending\n`,
      stderr: expect.stringMatching(`^edge-canceler: ${bad}: refused \\(403\\): [^\n]*\n$`),
    });
  });

  it("lets nothing raw through to a terminal that a service has written", async () => {
    await using service = await fakeService();
    const id = newId();
    const task = await tasks.declare(id, { metadata: { note: "\u009b2J" } });
    for (const flags of [[], ["--json"]]) {
      const asked = runCli(["status", id, ...flags, "--url", service.url]);
      (await service.requests.next()).answer(200, { ...task, status: "pend\u001b[2J\ning\u009b" });
      const { exitCode, stdout } = await asked;
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^[^\p{Cc}]+\n$/u);
    }
  });
});
