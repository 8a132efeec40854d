import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { superviseCommand } from "../../worker-client/cli/exec/run.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService, nextReport } from "../client/harness.ts";
import { abortOf } from "../client/suite/harness.ts";
import { taskState } from "../client/task-state.ts";
import { RunningExec, UNTIL_TOLD } from "./exec-harness.ts";
import { newTaskId, runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

describe("the watch of a command", () => {
  const WATCH_AFTER_MS = 50;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Watches a command that has just begun; `asked` is called for each request of the watch. */
  function supervise() {
    const asked = vi.fn(() => new Promise<never>(() => {}));
    const release = superviseCommand({
      context: { watchClient: () => new TaskClient({ url: "http://service.test", fetch: asked }) },
      options: { taskId: "t", abortAfterSeconds: null, timeoutSeconds: null },
      start: { outcome: new Promise(() => {}), run: null, task: null },
      stopper: { begin() {}, shorten() {} },
    });
    return { asked, release };
  }

  it("does not begin if the command is short", async () => {
    const { asked, release } = supervise();
    await vi.advanceTimersByTimeAsync(WATCH_AFTER_MS - 1);
    release();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).not.toHaveBeenCalled();
  });

  it("begins a moment after it otherwise", async () => {
    const { asked, release } = supervise();
    await vi.advanceTimersByTimeAsync(WATCH_AFTER_MS);
    expect(asked).toHaveBeenCalledOnce();
    release();
  });
});

describe("exec of a command that is short", () => {
  it("reports its start and its end", async () => {
    await using service = await fakeService();
    const task = newTaskId();
    await using exec = new RunningExec(["true"], { url: service.url, task });
    const start = await service.requests.next();
    start.answer(200, taskState(task));
    const finish = await nextReport(service.requests);
    finish.answer(200, taskState(task, { status: "succeeded" }));
    expect(await exec.exitCode).toBe(0);
    expect([start.path, finish.path]).toEqual([
      `/v1/tasks/${task}/start`,
      `/v1/tasks/${task}/finish`,
    ]);
  });
});

describe("exec that the service refuses", () => {
  it.each([
    [401, "unauthorized", "No: give a valid token"],
    [403, "forbidden", "No: give another token"],
    [404, "task-unknown", "The token does not name the task, or its parent: give another token"],
  ])("to start (%d) does not start the command", async (status, kind, line) => {
    await using service = await fakeService();
    const task = newTaskId();
    await using exec = new RunningExec(["echo", "started"], { url: service.url, task });
    const type = `urn:edge-canceler:problem:${kind}`;
    (await service.requests.next()).answer(status, { type, title: kind, status, detail: "No." });
    expect(await exec.exitCode).toBe(77);
    expect(exec.stdout.text).toBe("");
    expect(exec.stderr.text).toBe(
      `edge-canceler exec: refused (${status}): ${line} with EDGE_CANCELER_TOKEN or --token-file\n`,
    );
  });

  it.each([401, 403, 404])(
    "not itself, but a wall before it (%d), runs the command",
    async (status) => {
      await using service = await fakeService();
      const task = newTaskId();
      await using exec = new RunningExec(UNTIL_TOLD, { url: service.url, task });
      (await service.requests.next()).answer(status, "<h1>Not for you</h1>");
      expect(await exec.stdout.match(/attempt (\w+)/)).toBe("unknown");
      await exec.stderr.match(
        /the service cannot be reached \(something else answered, with HTTP status \d+\): the command runs/,
      );
    },
  );

  it("because the task has ended does not start the command", async () => {
    const task = newTaskId();
    const { attempt } = await tasks.start(task);
    await tasks.finish(task, { attempt, status: "succeeded" });
    await using exec = new RunningExec(["echo", "started"], { url, task });
    expect(await exec.exitCode).toBe(77);
    expect(exec.stdout.text).toBe("");
    expect(exec.stderr.text).toContain(`refused (409): Task ${task} has ended (succeeded) `);
    expect(exec.stderr.text).toContain("use a new id");
  });

  it("to watch goes on, and says so once", async () => {
    await using service = await fakeService();
    const task = newTaskId();
    await using exec = new RunningExec(UNTIL_TOLD, { url: service.url, task });
    (await service.requests.next()).answer(200, taskState(task));
    await exec.stdout.match(/attempt 1/);
    const type = "urn:edge-canceler:problem:forbidden";
    const detail = "Not\u001b[2J\r\nfor you.";
    const problem = { type, title: "Forbidden", status: 403, detail };
    // By the fifth request it has heard that two polls are refused: it tries a WebSocket now and then.
    for (let asked = 0; asked < 5; asked++) (await service.requests.next()).answer(403, problem);
    await exec.stderr.match(/cannot be cancelled/);
    exec.stdin.end("end\n");
    for (;;) {
      const exchange = await service.requests.next();
      if (exchange.method === "POST") {
        expect(await exchange.body()).toMatchObject({ attempt: 1, status: "succeeded" });
        exchange.answer(200, taskState(task, { status: "succeeded" }));
        break;
      }
    }
    expect(await exec.exitCode).toBe(0);
    expect(exec.stderr.text).toBe(
      "edge-canceler: the command goes on, but cannot be cancelled for now: Not [2J for you.\n",
    );
  });
});

it("exec does not start what nobody had started in time, and says so", async () => {
  const task = newTaskId();
  await using watch = tasks.watch(task, { observe: true });
  await tasks.declare(task, { startWithinSeconds: 0.001 });
  await abortOf(watch.signal);
  await using exec = new RunningExec(["echo", "started"], { url, task });
  expect(await exec.exitCode).toBe(124);
  expect([exec.stdout.text, exec.stderr.text]).toEqual([
    "",
    "edge-canceler: the command is not started: the task was cancelled: nobody had started it in time (to run it after all, use a new id)\n",
  ]);
});

describe("exec that is called in a wrong way", () => {
  it.each([
    [[], "name a task: edge-canceler exec job-1 -- make all"],
    [["t"], "put -- before the command: edge-canceler exec t -- make all"],
    [["t", "make", "all"], "put -- before the command: edge-canceler exec t -- make all"],
    [
      ["--grace", "1m", "sh", "train.sh", "--epochs", "90"],
      "name a task, and put -- before the command: edge-canceler exec job-1 -- sh train.sh --epochs 90",
    ],
    [["--", "sh", "train.sh"], "name a task: edge-canceler exec job-1 -- sh train.sh"],
    [["t", "u", "--", "true"], "name one task, not 2: edge-canceler exec t -- true"],
    [["t", "--"], "name a command after --: edge-canceler exec t -- make all"],
    [
      ["t", "--grace", "5", "--", "true"],
      '--grace must be a duration like 90s, 5m, 2h30m or 1d, not "5"',
    ],
    [["t", "--timeout", "0s", "--", "true"], "--timeout must be more than 0s"],
    [
      ["t", "--signal", "SIGNOPE", "--", "true"],
      '--signal must be a name like SIGTERM or INT, not "SIGNOPE"',
    ],
    [
      ["t", "--on-unreachable", "panic", "--", "true"],
      '--on-unreachable must be continue or abort-after=10m, not "panic"',
    ],
    [["..", "--", "true"], '".." is not a valid task id: '],
  ])("says what would be right: %j", async (args, words) => {
    const { exitCode, stderr } = await runCli(["exec", ...args], {
      environment: { EDGE_CANCELER_URL: url },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`edge-canceler exec: ${words}`);
    expect(stderr.split("\n")).toHaveLength(2);
  });
});
