import { execFile } from "node:child_process";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "./harness.ts";
import { bundleScript, machineNode } from "./runtimes.ts";
import { eventually } from "./suite/harness.ts";
import { taskState } from "./task-state.ts";

const run = promisify(execFile);
const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-end-"));
const onlyAWatch = await bundleScript("only-a-watch.ts", folder.path);
const onlyARun = await bundleScript("only-a-run.ts", folder.path);
const aCallAfterAWatch = await bundleScript("a-call-after-a-watch.ts", folder.path);
const manyRuns = await bundleScript("many-runs.ts", folder.path);
const aCallInAPause = await bundleScript("a-call-in-a-pause.ts", folder.path);
const machine = machineNode();

const nodes = [
  { node: "Node 24", path: process.execPath },
  ...(machine === null
    ? []
    : [{ node: `the machine's own Node ${machine.version}`, path: machine.path }]),
];

afterAll(() => folder.remove());

describe.each(nodes)("a process of $node", ({ path }) => {
  it.each(["WebSocket", "long poll"])(
    "with nothing left but an open watch ends by itself (%s)",
    async (transport) => {
      const id = `end-${crypto.randomUUID()}`;
      // Far less than the wait of a poll, so that it is not that what it waited for.
      const { stdout } = await run(path, [onlyAWatch, inject("serviceUrl"), id, transport], {
        timeout: 20_000,
      });
      expect(stdout).toBe("parked\n");
    },
  );

  it("that runs a task whose work waits for nothing but its signal does not end before it", async () => {
    const id = `end-${crypto.randomUUID()}`;
    const ended = run(path, [onlyARun, inject("serviceUrl"), id]);
    const tasks = new TaskClient({ url: inject("serviceUrl") });
    await eventually(
      () => tasks.get(id),
      (task) => task?.watchers === 1,
    );
    await tasks.cancel(id);
    expect((await ended).stdout).toBe("running\nstopped\n");
  });

  it("that waits for the answer to a call does not end before it, though a watch used the connection", async () => {
    await using service = await fakeService();
    const ended = run(path, [aCallAfterAWatch, service.url]);
    const poll = await service.requests.next();
    const end = { status: "succeeded", endedAt: "2026-08-15T12:00:01.000Z" } as const;
    poll.answer(200, taskState("1234", end));
    const call = await service.requests.next();
    expect(call.request.socket.remotePort).toBe(poll.request.socket.remotePort);
    // Long enough for a process to end that has nothing left to wait for.
    await Promise.race([ended, sleep(300)]);
    call.answer(200, taskState("1234", end));
    expect((await ended).stdout).toBe("succeeded\n");
  });

  it("that waits to make a call again does not end before it", async () => {
    await using service = await fakeService();
    const asked = run(path, [aCallInAPause, service.url]);
    // The connection is gone, so it cannot be that what keeps the process running.
    (await service.requests.next()).reset();
    (await service.requests.next()).answer(200, taskState("1234"));
    expect((await asked).stdout).toBe("running\n");
  });
});

it("a process that makes 50,000 runs with one signal leaves nothing behind at it", async () => {
  const { stdout } = await run(process.execPath, ["--expose-gc", manyRuns]);
  expect(Number(stdout)).toBeLessThan(50);
});
