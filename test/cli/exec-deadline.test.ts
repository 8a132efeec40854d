import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { taskState } from "../client/task-state.ts";
import { RunningExec, UNTIL_TOLD } from "./exec-harness.ts";
import { newTaskId } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

describe("exec with a deadline that the service does not keep", () => {
  it("keeps it by itself where somebody has declared the task with a later one", async () => {
    const task = newTaskId();
    await tasks.declare(task, { timeoutSeconds: 3600 });
    const flags = ["--timeout", "1s"];
    await using exec = new RunningExec(["sleep", "600"], { url, task, flags });
    expect(await exec.exitCode).toBe(124);
    expect(exec.stderr.text).toContain("stopped: it has run for the 1 s of --timeout (SIGTERM now");
    const { error } = (await tasks.get(task)) ?? {};
    expect(error).toMatchObject({ signal: "SIGTERM", type: "deadline" });
    // Not the two seconds later that it leaves to a service which knows the deadline too.
    expect(error).toSatisfy(({ durationSeconds }) => durationSeconds < 3);
  });

  it("runs where the token may work but not declare", async () => {
    await using service = await fakeService();
    const task = newTaskId();
    const flags = ["--timeout", "1h"];
    await using exec = new RunningExec(UNTIL_TOLD, { url: service.url, task, flags });
    const declare = await service.requests.next();
    expect([declare.method, await declare.body()]).toEqual(["PUT", { timeoutSeconds: 3600 }]);
    declare.answer(403, "");
    (await service.requests.next()).answer(200, taskState(task));
    await exec.stdout.match(/attempt 1/);
    exec.stdin.end("end\n");
    for (;;) {
      const exchange = await service.requests.next();
      if (exchange.method === "POST") {
        exchange.answer(200, taskState(task, { status: "succeeded" }));
        break;
      }
    }
    expect(await exec.exitCode).toBe(0);
  });
});
