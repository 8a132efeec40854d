import { describe, expect, inject, it } from "vitest";
import { TaskClient, type TaskState } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `hostile-${crypto.randomUUID()}`;

/** A task that was cancelled while it ran, and has ended. */
async function endedTask(): Promise<TaskState> {
  const id = newId();
  const { attempt } = await tasks.start(id);
  await tasks.cancel(id, { reason: "wrong data" });
  return tasks.finish(id, { attempt, status: "cancelled" });
}

/** What a terminal acts on: it changes colours, titles and what is shown of a line. */
const ESCAPES = "a\u001b[2Jb\u001b]0;title\u0007c\rd\ne\u009b31mf\u202eg\u2028h\u007fi";
const SAFE = "a [2Jb ]0;title c d e 31mf g h i";

describe("a service that is not what it should be", () => {
  it("is asked again if its answer does not say whether the task has ended", async () => {
    const task = await endedTask();
    const { endedAt: _, ...undecided } = task;
    await using service = await fakeService();
    const asked = runCli(["cancel", task.id, "--wait", "--url", service.url]);
    (await service.requests.next()).answer(200, undecided);
    (await service.requests.next()).answer(200, task);
    expect(await asked).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("acknowledged +"),
    });
  });

  it.each([
    ["a type that is a list", { type: ["urn:edge-canceler:problem:task-ended"], detail: "No." }],
    ["a type that is an object", { type: {}, detail: {} }],
    ["a detail that is an object", { type: "urn:edge-canceler:problem:task-ended", detail: {} }],
  ])("refuses with %s: that is a refusal, and not wrong usage", async (_, problem) => {
    await using service = await fakeService();
    const asked = runCli(["status", newId(), "--url", service.url]);
    (await service.requests.next()).answer(409, { title: "No", status: 409, ...problem });
    expect(await asked).toEqual({
      exitCode: 77,
      stdout: "",
      stderr: "edge-canceler status: refused with HTTP status 409\n",
    });
  });

  it.each([
    [["status"], 1],
    [["status", "--json"], 1],
    [["status", "second"], 2],
    [["cancel"], 1],
    [["cancel", "--wait", "--json"], 1],
    [["declare"], 1],
    [["finish", "--attempt", "1", "--status", "failed"], 1],
  ])("gets nothing raw on a terminal: %j", async (args, requests) => {
    const task = await endedTask();
    const [command = "", ...more] = args;
    await using service = await fakeService();
    const asked = runCli([command, task.id, ...more, "--url", service.url]);
    for (let request = 0; request < requests; request++) {
      const exchange = await service.requests.next();
      exchange.answer(200, {
        ...task,
        id: exchange.path.split("/")[3],
        status: ESCAPES,
        metadata: { note: ESCAPES },
        cancellation: {
          ...task.cancellation,
          cause: ESCAPES,
          reason: ESCAPES,
          requestedBy: ESCAPES,
        },
      });
    }
    const { stdout, stderr } = await asked;
    expect(stdout).toContain(more.includes("--json") ? String.raw`a\u001b[2Jb` : SAFE);
    expect(stdout + stderr).toMatch(/^[^\p{Cc}\p{Zl}\u202e]+\n(?:[^\p{Cc}\p{Zl}\u202e]+\n)*$/u);
  });

  it("gets nothing raw on a terminal by a refusal", async () => {
    await using service = await fakeService();
    const asked = runCli(["status", newId(), "--url", service.url]);
    const type = "urn:edge-canceler:problem:forbidden";
    const problem = { type, title: "No", status: 403, detail: ESCAPES };
    (await service.requests.next()).answer(403, problem);
    expect((await asked).stderr).toBe(
      `edge-canceler status: refused (403): ${SAFE}: give another token with EDGE_CANCELER_TOKEN or --token-file\n`,
    );
  });
});
