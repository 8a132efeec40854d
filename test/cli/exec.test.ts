import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { taskState } from "../client/task-state.ts";
import { isAlive } from "../scripts/processes.ts";
import { RunningExec } from "./exec-harness.ts";
import { CLI_RUNTIMES, newTaskId, untilWatched, withoutSlowStart } from "./harness.ts";
import { untilIdle } from "./threads.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const IGNORES_TERM = `trap "" TERM; echo "pid $$"; while :; do sleep 0.1; done`;
const SIGNALS = [
  ...(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM"] as const),
  ...(["SIGVTALRM", "SIGXCPU", "SIGXFSZ", "SIGIO", "SIGSYS", "SIGABRT", "SIGWINCH"] as const),
];

describe.each(Object.keys(CLI_RUNTIMES))("exec under %s", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("passes stdin, stdout, stderr and the exit code through, and reports the end", async () => {
    const task = newTaskId();
    const script = 'read line; echo "out $line"; echo err >&2; exit 3';
    await using exec = new RunningExec(["sh", "-c", script], { url, task, runtime });
    exec.stdin.end("hello\n");
    expect(await exec.exitCode).toBe(3);
    expect([exec.stdout.text, withoutSlowStart(exec.stderr.text)]).toEqual([
      "out hello\n",
      "err\n",
    ]);
    expect(await tasks.get(task)).toMatchObject({
      status: "failed",
      error: { exitCode: 3, durationSeconds: expect.any(Number) },
    });
  });

  it("shows the command its task and its attempt, and nobody's token", async () => {
    const task = newTaskId();
    const environment = {
      ...{ EDGE_CANCELER_TOKEN: "s3cret", EDGE_CANCELER_ATTEMPT: "7" },
      ...{ EDGE_CANCELER_PROGRESS: "7", EDGE_CANCELER_PROGRESS_FILE: "/7" },
    };
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    // By a client, which asks again if its connection is just being closed.
    const traced = new TaskClient({
      url,
      fetch: (to, { headers, ...init }) =>
        fetch(to, { ...init, headers: { ...headers, traceparent } }),
    });
    await traced.declare(task);
    const script = "env | grep -E 'EDGE_CANCELER_|TRACEPARENT' | grep -v _RUN= | sort";
    await using exec = new RunningExec(["sh", "-c", script], { url, task, runtime, environment });
    expect(await exec.exitCode).toBe(0);
    expect(exec.stdout.text.split("\n")).toEqual([
      "EDGE_CANCELER_ATTEMPT=1",
      expect.stringMatching(/^EDGE_CANCELER_PROGRESS_FILE=.+\/progress\.json$/),
      `EDGE_CANCELER_TASK=${task}`,
      `EDGE_CANCELER_URL=${url}`,
      `TRACEPARENT=${traceparent}`,
      "",
    ]);
    const [, folder = ""] = /FILE=(.+)\/progress\.json/.exec(exec.stdout.text) ?? [];
    expect([folder === "", existsSync(folder)]).toEqual([false, false]);
    expect(await tasks.get(task)).toMatchObject({ status: "succeeded", result: { exitCode: 0 } });
  });

  it("stops the command on a cancel, and says who cancelled and why", async () => {
    const task = newTaskId();
    await using exec = new RunningExec(["sleep", "600"], { url, task, runtime });
    await untilWatched(tasks, task);
    await tasks.cancel(task, { reason: "wrong data" });
    expect(await exec.exitCode).toBe(143);
    expect(withoutSlowStart(exec.stderr.text)).toBe(
      "edge-canceler: cancelled: wrong data (SIGTERM now, SIGKILL in 28 s)\n",
    );
    expect(await tasks.get(task)).toMatchObject({
      status: "cancelled",
      cancellation: { deliveredAt: expect.any(String), acknowledgedAt: expect.any(String) },
      error: { signal: "SIGTERM" },
    });
  });

  it("kills all of it when the grace period is over", async () => {
    const task = newTaskId();
    const script = `sh -c '${IGNORES_TERM}' & ${IGNORES_TERM}`;
    await using exec = new RunningExec(["sh", "-c", script], { url, task, runtime });
    const pids = [
      await exec.stdout.match(/^pid (\d+)\n/),
      await exec.stdout.match(/\npid (\d+)\n/),
    ];
    await untilWatched(tasks, task);
    await tasks.cancel(task, { gracePeriodSeconds: 1 });
    expect(await exec.exitCode).toBe(137);
    expect(pids.map(Number).filter(isAlive)).toEqual([]);
    expect(exec.stderr.text).toContain("SIGKILL in 0.8 s");
    expect(await tasks.get(task)).toMatchObject({
      status: "cancelled",
      cancellation: { acknowledgedAt: expect.any(String) },
      error: { signal: "SIGKILL" },
    });
  });

  it("ends with 124 when the deadline passes", async () => {
    const task = newTaskId();
    const flags = ["--timeout", "1s"];
    await using exec = new RunningExec(["sleep", "600"], { url, task, runtime, flags });
    expect(await exec.exitCode).toBe(124);
    expect(exec.stderr.text).toContain("cancelled: its deadline has passed");
    expect(await tasks.get(task)).toMatchObject({ status: "timed_out" });
  });

  it("does not start what was cancelled before", async () => {
    const task = newTaskId();
    await tasks.cancel(task, { reason: "too late" });
    await using exec = new RunningExec(["echo", "started"], { url, task, runtime });
    expect(await exec.exitCode).toBe(143);
    expect([exec.stdout.text, exec.stderr.text]).toEqual([
      "",
      "edge-canceler: the command is not started: the task was cancelled: too late (to run it after all, use a new id)\n",
    ]);
  });

  it.each(SIGNALS)("hands %s on to the command, and ends after it", async (signal) => {
    const task = newTaskId();
    const script = `trap 'echo got; kill $!; exit 5' ${constants.signals[signal]}; sleep 600 & echo ready; wait`;
    await using exec = new RunningExec(["sh", "-c", script], { url, task, runtime });
    await exec.stdout.match(/ready/);
    exec.signal(signal);
    expect(await exec.exitCode).toBe(5);
    expect(exec.stdout.text).toBe("ready\ngot\n");
    expect(await tasks.get(task)).toMatchObject({ status: "failed", error: { exitCode: 5 } });
  });

  it("dies of SIGINT where its command does", async () => {
    const task = newTaskId();
    const script = "echo ready; exec sleep 600";
    await using exec = new RunningExec(["sh", "-c", script], { url, task, runtime });
    await exec.stdout.match(/ready/);
    exec.signal("SIGINT");
    expect(await exec.ended).toEqual({ exitCode: null, signal: "SIGINT" });
    expect(await tasks.get(task)).toMatchObject({ status: "failed", error: { signal: "SIGINT" } });
  });

  it("ends what it has begun when it gets SIGTERM while the task is being started", async () => {
    await using service = await fakeService();
    const task = newTaskId();
    await using exec = new RunningExec(["echo", "ran"], { url: service.url, task, runtime });
    const start = await service.requests.next();
    exec.signal("SIGTERM");
    // Or the answer may be read before the signal.
    await untilIdle(exec.pid);
    start.answer(200, taskState(task));
    // It may have been cancelled meanwhile.
    (await service.requests.next()).answer(200, taskState(task));
    const finish = await service.requests.next();
    expect(await finish.body()).toMatchObject({ status: "failed", error: { signal: "SIGTERM" } });
    finish.answer(200, taskState(task, { status: "failed" }));
    expect(await exec.exitCode).toBe(143);
    expect(exec.stdout.text).toBe("");
  });

  it("leaves 100 MB on their way through stdout as they are", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-exec-"));
    const bytes = randomBytes(100_000_000);
    const file = join(folder.path, "bytes");
    await writeFile(file, bytes);
    const hash = createHash("sha256");
    await using exec = new RunningExec(["cat", file], {
      url,
      task: newTaskId(),
      runtime,
      onStdout: (data) => hash.update(data),
    });
    expect(await exec.exitCode).toBe(0);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  it.each([
    [["/no/such/command"], 127, "/no/such/command: command not found: "],
    [["no-such-command"], 127, "no-such-command: command not found: "],
    [[import.meta.filename], 126, `${import.meta.filename}: cannot be executed (EACCES)`],
  ])("says what is wrong with %j", async (command, exitCode, words) => {
    const task = newTaskId();
    await using exec = new RunningExec(command, { url, task, runtime });
    expect(await exec.exitCode).toBe(exitCode);
    expect(withoutSlowStart(exec.stderr.text)).toMatch(/^edge-canceler: [^\n]+\n$/);
    expect(exec.stderr.text).toContain(words);
    expect(await tasks.get(task)).toMatchObject({ status: "failed", error: { exitCode } });
  });
});
