import { readFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { type Arrivals, type Exchange, fakeService, nextReport } from "../client/harness.ts";
import { eventually } from "../client/suite/harness.ts";
import { cancellingTask, taskState } from "../client/task-state.ts";
import { isAlive } from "../scripts/processes.ts";
import { endWithTest, RunningExec } from "./exec-harness.ts";
import { newTaskId, runCli, untilWatched, withoutSlowStart } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const STUBBORN = 'trap "" TERM; echo "stubborn $$"; while :; do sleep 0.1; done';
/** Needs its worker, which ends at a signal, for a checkpoint. */
const TRAINING = `
sleep 600 & worker=$!
trap 'kill -0 $worker && echo "checkpoint with worker $worker"; exit 0' TERM
echo "ready $worker"
while :; do sleep 0.05; done
`;

/** The next long poll; a watch tries a WebSocket first. */
async function nextPoll(requests: Arrivals<Exchange>): Promise<Exchange> {
  const exchange = await requests.next();
  if (exchange.query.has("wait")) return exchange;
  exchange.answer(426, "");
  return nextPoll(requests);
}

describe("a signal that exec gets", () => {
  it("goes to the command alone, and the rest is ended after it", async () => {
    const task = newTaskId();
    await using exec = new RunningExec(["sh", "-c", TRAINING], { url, task });
    const worker = Number(await exec.stdout.match(/ready (\d+)\n/));
    exec.signal("SIGTERM");
    // Exit code 0, but it was interrupted.
    expect(await exec.exitCode).toBe(143);
    expect(exec.stdout.text).toContain(`checkpoint with worker ${worker}\n`);
    expect(isAlive(worker)).toBe(false);
    expect(await tasks.get(task)).toMatchObject({
      status: "failed",
      error: { type: "interrupted", exitCode: 0 },
    });
  });

  it("ends what the command has left behind by SIGKILL, when the grace period is over or at the next", async () => {
    const settings = { url, task: newTaskId(), environment: { STUBBORN } };
    const script = 'sh -c "$STUBBORN" & echo ready; wait';
    await using exec = new RunningExec(["sh", "-c", script], settings);
    const pid = Number(await exec.stdout.match(/stubborn (\d+)\n/));
    exec.signal("SIGTERM");
    await exec.stderr.match(/stopping what the command has left running/);
    expect(isAlive(pid)).toBe(true);
    exec.signal("SIGTERM");
    expect(await exec.exitCode).toBe(143);
    expect(isAlive(pid)).toBe(false);
  });
});

describe("--kill-mode mixed", () => {
  it("tells the command alone on a cancel, and kills the rest when it has ended", async () => {
    const task = newTaskId();
    const flags = ["--kill-mode", "mixed"];
    await using exec = new RunningExec(["sh", "-c", TRAINING], { url, task, flags });
    const worker = Number(await exec.stdout.match(/ready (\d+)\n/));
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(exec.stdout.text).toContain(`checkpoint with worker ${worker}\n`);
    expect(isAlive(worker)).toBe(false);
    expect(exec.stderr.text).toContain("edge-canceler: the command has ended: SIGKILL\n");
  });
});

describe("a cleanup", () => {
  it.each(["sleep 0.5", "timeout 20 sleep 0.5", "setsid -w sleep 0.5"])(
    "in a trap has its own helpers: %s",
    async (helper) => {
      const task = newTaskId();
      const script = `trap '${helper} && echo cleaned; exit 3' TERM; sleep 600 & echo ready; wait`;
      await using exec = new RunningExec(["bash", "-c", script], { url, task });
      await exec.stdout.match(/ready/);
      await untilWatched(tasks, task);
      await tasks.cancel(task);
      expect(await exec.exitCode).toBe(3);
      expect(exec.stdout.text).toContain("cleaned");
    },
  );
});

describe.skipIf(process.platform !== "linux")("a daemon with an empty EDGE_CANCELER_RUN", () => {
  it("in a session of its own is left alone", async () => {
    const task = newTaskId();
    const script =
      'EDGE_CANCELER_RUN= setsid sleep 600 </dev/null >/dev/null 2>&1 & echo "daemon $!"; exec sleep 600';
    await using exec = new RunningExec(["bash", "-c", script], { url, task });
    const daemon = Number(await exec.stdout.match(/daemon (\d+)\n/));
    endWithTest(daemon);
    // A shell that has forked is not yet what it becomes.
    await eventually(
      async () => readFileSync(`/proc/${daemon}/comm`, "utf8"),
      (name) => name === "sleep\n",
    );
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(isAlive(daemon)).toBe(true);
  });
});

describe("--stop-command", () => {
  it("runs in place of the signal, and stops work that is elsewhere", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-stop-"));
    const task = newTaskId();
    const gate = join(folder.path, "gate");
    const flags = ["--stop-command", `echo "stop $EDGE_CANCELER_TASK" >&2; touch ${gate}`];
    // It ignores signals, as a client of a container does whose work ignores them.
    const script = `trap "" TERM; echo ready; until [ -e ${gate} ]; do sleep 0.05; done; exit 4`;
    await using exec = new RunningExec(["sh", "-c", script], { url, task, flags });
    await exec.stdout.match(/ready/);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(4);
    expect(exec.stderr.text).toContain("(--stop-command now, SIGKILL in 28 s)\n");
    expect(exec.stderr.text).toContain(`stop ${task}\n`);
    expect(await tasks.get(task)).toMatchObject({ status: "cancelled", error: { exitCode: 4 } });
  });

  it("runs when a signal comes from outside, too", async () => {
    const task = newTaskId();
    const flags = ["--stop-command", "kill -USR1 $EDGE_CANCELER_PID"];
    const script =
      'trap "exit 0" USR1; trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done';
    await using exec = new RunningExec(["sh", "-c", script], { url, task, flags });
    await exec.stdout.match(/ready/);
    exec.signal("SIGTERM");
    expect(await exec.exitCode).toBe(143);
    expect(await tasks.get(task)).toMatchObject({ error: { type: "interrupted", exitCode: 0 } });
  });

  it("that fails is followed by the signal, and the record says so", async () => {
    const task = newTaskId();
    const flags = ["--stop-command", "exit 5"];
    await using exec = new RunningExec(["sleep", "600"], { url, task, flags });
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(exec.stderr.text).toContain("--stop-command failed (it ended with 5): SIGTERM now\n");
    expect(await tasks.get(task)).toMatchObject({
      status: "cancelled",
      error: { type: "stop-command-failed", signal: "SIGTERM" },
    });
  });
});

describe("--if-running=refuse", () => {
  it("does not start what another worker runs", async () => {
    const task = newTaskId();
    await tasks.start(task);
    const end = await runCli(["exec", "--if-running=refuse", task, "--", "echo", "started"], {
      environment: { EDGE_CANCELER_URL: url },
    });
    expect(end).toMatchObject({ exitCode: 77, stdout: "" });
    expect(end.stderr).toContain(
      "not started: another worker runs the task (attempt 1); --if-running=take-over starts it anyway",
    );
    expect(await tasks.get(task)).toMatchObject({ status: "running", attempt: 1 });
  });

  it("starts what nobody runs", async () => {
    const end = await runCli(
      ["exec", "--if-running=refuse", newTaskId(), "--", "echo", "started"],
      {
        environment: { EDGE_CANCELER_URL: url },
      },
    );
    expect(end).toMatchObject({ exitCode: 0, stdout: "started\n" });
    expect(withoutSlowStart(end.stderr)).toBe("");
  });
});

describe("exec, with a service that says strange things", () => {
  /** Runs a stubborn command, whose watch is answered with the cancellation. */
  async function cancelledBy(differences: object, flags: readonly string[]) {
    const service = await fakeService();
    const task = newTaskId();
    const exec = new RunningExec(["sh", "-c", STUBBORN], { url: service.url, task, flags });
    const start = await service.requests.next();
    start.answer(200, taskState(task));
    await exec.stdout.match(/stubborn/);
    const cancelling = cancellingTask(task);
    const answer = (revision: number, more: object) => ({
      ...cancelling,
      revision,
      cancellation: { ...cancelling.cancellation, ...more },
    });
    (await nextPoll(service.requests)).answer(200, answer(2, differences));
    return { service, task, exec, answer };
  }

  it("kills the command in time, whatever the cause is", async () => {
    const cancel = { cause: "a\u001b[2Jb", gracePeriodSeconds: 1 };
    const { service, task, exec } = await cancelledBy(cancel, []);
    const report = await nextReport(service.requests);
    expect(await report.body()).toMatchObject({
      status: "cancelled",
      error: { signal: "SIGKILL" },
    });
    report.answer(200, taskState(task, { status: "cancelled" }));
    expect(await exec.exitCode).toBe(137);
    expect(exec.stderr.text).toContain("SIGKILL in 0.8 s");
    expect(exec.stderr.text).not.toContain("\u001b");
    await service[Symbol.asyncDispose]();
  });

  it("stops the command if another worker took the task over before its start was heard", async () => {
    await using service = await fakeService();
    const task = newTaskId();
    await using exec = new RunningExec(["sleep", "600"], { url: service.url, task });
    const start = await service.requests.next();
    await exec.stderr.match(/the service cannot be reached/);
    start.answer(409, {
      type: "urn:edge-canceler:problem:stale-attempt",
      title: "Conflict",
      status: 409,
      detail: "Stop this run.",
      task: taskState(task, { attempt: 2 }),
    });
    expect(await exec.exitCode).toBe(143);
    expect(exec.stderr.text).toContain("another worker runs the task now (attempt 2)");
  });

  it("obeys a later cancel that leaves less time, and none that leaves more", async () => {
    const { service, task, exec, answer } = await cancelledBy({ gracePeriodSeconds: 600 }, []);
    await exec.stderr.match(/SIGKILL in 598 s/);
    (await nextPoll(service.requests)).answer(200, answer(3, { gracePeriodSeconds: 900 }));
    (await nextPoll(service.requests)).answer(200, answer(4, { gracePeriodSeconds: 0 }));
    const report = await nextReport(service.requests);
    report.answer(200, taskState(task, { status: "cancelled" }));
    expect(await exec.exitCode).toBe(137);
    expect(exec.stderr.text).toContain("the grace period is shorter now: SIGKILL at once");
    expect(exec.stderr.text).not.toContain("898");
    await service[Symbol.asyncDispose]();
  });
});
