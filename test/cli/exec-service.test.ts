import { describe, expect, inject, it } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { eventually } from "../client/suite/harness.ts";
import { taskState } from "../client/task-state.ts";
import { isAlive } from "../scripts/processes.ts";
import { RunningExec, UNTIL_TOLD } from "./exec-harness.ts";
import { CLI_RUNTIMES, newTaskId, untilWatched } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const UNREACHABLE =
  "edge-canceler: the service cannot be reached: the command runs anyway, and hears of cancels later\n";

/** Each runtime has its own words for why. */
function withoutWhy(said: string): string {
  return said.replace(/(?<=cannot be reached) \(.+\)(?=: the command)/, "");
}

describe.each(Object.keys(CLI_RUNTIMES))("exec under %s, with the service down", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("before: the command runs, and hears of a cancel when the service is back", async () => {
    const line = await FaultyLine.open(url);
    line.cut();
    const task = newTaskId();
    await using exec = new RunningExec(
      ["sh", "-c", "printenv EDGE_CANCELER_ATTEMPT || echo unknown; exec sleep 600"],
      { url: line.url, task, runtime },
    );
    expect(await exec.stdout.match(/.*\n/)).toBe("unknown\n");
    expect(await tasks.get(task)).toBeNull();
    line.restore();
    await eventually(
      () => tasks.get(task),
      (state) => state?.status === "running" && state.watchers > 0,
    );
    expect(withoutWhy(exec.stderr.text)).toBe(UNREACHABLE);
    await tasks.cancel(task, { reason: "wrong data" });
    expect(await exec.exitCode).toBe(143);
    expect(withoutWhy(exec.stderr.text).slice(UNREACHABLE.length)).toMatch(
      /^edge-canceler: cancelled: wrong data .*\n$/,
    );
    expect(await tasks.get(task)).toMatchObject({
      status: "cancelled",
      error: { signal: "SIGTERM" },
    });
    line.close();
  });

  it("during the run: the command goes on, and hears then of a cancel made meanwhile", async () => {
    const line = await FaultyLine.open(url);
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: line.url, task, runtime });
    const pid = Number(await exec.stdout.match(/pid (\d+), attempt 1/));
    await untilWatched(tasks, task);
    line.cut();
    await tasks.cancel(task);
    expect(isAlive(pid)).toBe(true);
    expect(withoutWhy(exec.stderr.text)).toBe("");
    line.restore();
    expect(await exec.exitCode).toBe(143);
    expect(await tasks.get(task)).toMatchObject({ status: "cancelled" });
    line.close();
  });
});

it("exec says that it has no answer, if packets are dropped", async () => {
  await using service = await fakeService();
  await using exec = new RunningExec(["true"], { url: service.url, task: newTaskId() });
  const start = await service.requests.next();
  await exec.stderr.match(/the service cannot be reached \(no answer yet\): the command runs/);
  start.answer(401, "");
});

describe("exec, with the service down", () => {
  it("before: a cancel made meanwhile is heard when it is back", async () => {
    const line = await FaultyLine.open(url);
    line.cut();
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: line.url, task });
    await exec.stdout.match(/pid/);
    await tasks.cancel(task, { reason: "never mind" });
    line.restore();
    expect(await exec.exitCode).toBe(143);
    expect(withoutWhy(exec.stderr.text)).toContain("cancelled: never mind (SIGTERM now, ");
    line.close();
  });

  it("all the time: the command's exit code is exec's, and a line says what is not on record", async () => {
    const line = await FaultyLine.open(url);
    line.cut();
    const task = newTaskId();
    await using exec = new RunningExec(["sh", "-c", "exit 3"], { url: line.url, task });
    expect(await exec.exitCode).toBe(3);
    expect(withoutWhy(exec.stderr.text)).toBe(
      `${UNREACHABLE}edge-canceler: the end of ${task} is not on record: the service did not answer\n`,
    );
    line.close();
  });

  it("until the command has ended: its run is put on record all the same", async () => {
    const line = await FaultyLine.open(url);
    line.cut();
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: line.url, task });
    const pid = Number(await exec.stdout.match(/pid (\d+)/));
    exec.stdin.end("end\n");
    await eventually(
      async () => isAlive(pid),
      (alive) => !alive,
    );
    line.restore();
    expect(await exec.exitCode).toBe(0);
    expect(withoutWhy(exec.stderr.text)).toBe(UNREACHABLE);
    expect(await tasks.get(task)).toMatchObject({ status: "succeeded", result: { exitCode: 0 } });
    line.close();
  });

  it("when the command ends: its end is reported as soon as it is back", async () => {
    const line = await FaultyLine.open(url);
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: line.url, task });
    const pid = Number(await exec.stdout.match(/pid (\d+)/));
    line.cut();
    exec.stdin.end("end\n");
    await eventually(
      async () => isAlive(pid),
      (alive) => !alive,
    );
    expect(await tasks.get(task)).toMatchObject({ status: "running" });
    line.restore();
    expect(await exec.exitCode).toBe(0);
    expect(await tasks.get(task)).toMatchObject({ status: "succeeded" });
    line.close();
  });

  it("and something else in its place: its 404 is no refusal, and it is asked again", async () => {
    await using service = await fakeService();
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: service.url, task });
    (await service.requests.next()).answer(404, "<h1>Not found</h1>");
    await exec.stdout.match(/attempt unknown/);
    for (;;) {
      const exchange = await service.requests.next();
      if (exchange.path.endsWith("/start")) {
        exchange.answer(200, taskState(task));
        break;
      }
      exchange.answer(404, "<h1>Not found</h1>");
    }
    exec.stdin.end("end\n");
    for (;;) {
      const exchange = await service.requests.next();
      if (exchange.path.endsWith("/finish")) {
        exchange.answer(200, taskState(task, { status: "succeeded" }));
        break;
      }
    }
    expect(await exec.exitCode).toBe(0);
    expect(withoutWhy(exec.stderr.text)).toBe(UNREACHABLE);
  });

  it("or silent: the command starts all the same, and a signal ends the wait for the report", async () => {
    await using service = await fakeService();
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: service.url, task });
    const pid = Number(await exec.stdout.match(/pid (\d+), attempt unknown/));
    expect(withoutWhy(await exec.stderr.match(/.*\n/))).toBe(UNREACHABLE);
    exec.stdin.end("end\n");
    await eventually(
      async () => isAlive(pid),
      (alive) => !alive,
    );
    exec.signal("SIGTERM");
    expect(await exec.exitCode).toBe(0);
  });

  it("stops the command after so long, if that was asked for", async () => {
    const line = await FaultyLine.open(url);
    const task = newTaskId();
    const flags = ["--on-unreachable", "abort-after=1s"];
    await using exec = new RunningExec(["sleep", "600"], { url: line.url, task, flags });
    await untilWatched(tasks, task);
    line.cut();
    await exec.stderr.match(/nothing was heard from the service for 1 s/);
    line.restore();
    expect(await exec.exitCode).toBe(143);
    expect(await tasks.get(task)).toMatchObject({
      status: "failed",
      error: { signal: "SIGTERM", type: "unreachable" },
    });
    line.close();
  });

  it("keeps the deadline all the same", async () => {
    const line = await FaultyLine.open(url);
    const task = newTaskId();
    const flags = ["--timeout", "1s"];
    line.cut();
    await using exec = new RunningExec(["sleep", "600"], { url: line.url, task, flags });
    expect(await exec.exitCode).toBe(124);
    expect(withoutWhy(exec.stderr.text)).toContain("stopped: it has run for the 1 s of --timeout");
    line.close();
  });
});

describe("exec, with a line that is cut again and again", () => {
  it("goes on to the command's own end", async () => {
    const line = await FaultyLine.open(url);
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: line.url, task });
    await exec.stdout.match(/attempt 1/);
    for (let cuts = 0; cuts < 3; cuts++) {
      await untilWatched(tasks, task);
      const before = line.accepted;
      line.cut();
      line.restore();
      await eventually(
        async () => line.accepted,
        (accepted) => accepted > before,
      );
    }
    exec.stdin.end("end\n");
    expect(await exec.exitCode).toBe(0);
    expect(withoutWhy(exec.stderr.text)).toBe("");
    expect(await tasks.get(task)).toMatchObject({ status: "succeeded" });
    line.close();
  });
});
