import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { eventually } from "../client/suite/harness.ts";
import { taskState } from "../client/task-state.ts";
import { RunningExec, UNTIL_TOLD } from "./exec-harness.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `lease-${crypto.randomUUID()}`;
const LEASE = ["--lease", "60s", "--max-attempts", "3"];

/** A command that says how far it is, and ends when it is told so. */
const withProgress = (progress: string) => [
  "sh",
  "-c",
  `echo '${progress}' >"$EDGE_CANCELER_PROGRESS_FILE"; echo begun; read _`,
];
const SHOW = [
  "sh",
  "-c",
  'echo "attempt $EDGE_CANCELER_ATTEMPT, $(printenv EDGE_CANCELER_PROGRESS || echo none)"',
];

describe("exec with a lease", () => {
  it("holds it, by a watch that names its run", async () => {
    const task = newId();
    await using exec = new RunningExec(UNTIL_TOLD, { url, task, flags: LEASE });
    await exec.stdout.match(/attempt 1/);
    const { lease, maxAttempts } = await eventually(
      async () => (await tasks.get(task)) ?? { lease: null, maxAttempts: 0 },
      ({ lease }) => lease?.hasLine === true,
    );
    expect([lease?.seconds, maxAttempts]).toEqual([60, 3]);
  });

  it("gives the task back when it is told to stop, and hands its progress on", async () => {
    const task = newId();
    await using first = new RunningExec(withProgress('{"epoch":3}'), { url, task, flags: LEASE });
    await first.stdout.match(/begun/);
    first.signal("SIGTERM");
    expect(await first.exitCode).toBe(143);
    const given = await tasks.get(task);
    expect(given).toMatchObject({ status: "pending", failures: 0, progress: { epoch: 3 } });
    expect(given?.attempts[0]?.outcome).toBe("released");
    await using second = new RunningExec(SHOW, { url, task, flags: LEASE });
    expect(await second.exitCode).toBe(0);
    expect(second.stdout.text).toBe('attempt 2, {"epoch":3}\n');
  });

  it("sends progress while the command works, and warns once of what is not JSON", async () => {
    const task = newId();
    const command = [
      "sh",
      "-c",
      'while read line; do echo "$line" >"$EDGE_CANCELER_PROGRESS_FILE"; done',
    ];
    await using exec = new RunningExec(command, { url, task });
    exec.stdin.write("{\n");
    await exec.stderr.match(
      /progress in EDGE_CANCELER_PROGRESS_FILE is not on record: it is not JSON/,
    );
    exec.stdin.write('{"epoch":4}\n');
    await eventually(
      async () => (await tasks.get(task))?.progress,
      (progress) => JSON.stringify(progress) === '{"epoch":4}',
    );
    exec.stdin.end("{ again\n");
    expect(await exec.exitCode).toBe(0);
    expect(exec.stderr.text.match(/not on record/g)).toHaveLength(1);
  });

  it("stops the command when the run is given up, and reports nothing", async () => {
    const task = newId();
    await using exec = new RunningExec(UNTIL_TOLD, { url, task, flags: LEASE });
    await exec.stdout.match(/attempt 1/);
    const holder = (await tasks.get(task))?.attempts[0]?.holder ?? "";
    await tasks.release(task, { attempt: 1, holder });
    expect(await exec.exitCode).toBe(143);
    expect(exec.stderr.text).toContain("stopped: the run has lost its lease");
    expect(exec.stderr.text).not.toContain("not on record");
    expect(await tasks.get(task)).toMatchObject({ status: "pending", attempt: 1 });
  });

  it("stops the command when no sign of life gets through for as long, and reports nothing", async () => {
    await using silent = await fakeService();
    const task = newId();
    const flags = ["--lease", "10s"];
    await using exec = new RunningExec(UNTIL_TOLD, { url: silent.url, task, flags });
    const startedAtMs = performance.now();
    (await silent.requests.next()).answer(200, taskState(task));
    expect(await exec.exitCode).toBe(143);
    expect(performance.now() - startedAtMs).toBeGreaterThan(9000);
    expect(exec.stderr.text).toContain("stopped: the run has lost its lease");
    while (silent.requests.left > 0) {
      expect((await silent.requests.next()).path).not.toContain("finish");
    }
  });

  it("does not start a task that another run holds, unless it is to take over", async () => {
    const task = newId();
    await tasks.start(task, { leaseSeconds: 60 });
    await using held = new RunningExec(SHOW, { url, task, flags: LEASE });
    expect(await held.exitCode).toBe(77);
    expect(held.stderr.text).toContain("another worker runs the task (attempt 1); --if-running");
    const flags = [...LEASE, "--if-running=take-over"];
    await using taken = new RunningExec(SHOW, { url, task, flags });
    expect(await taken.exitCode).toBe(0);
    expect(taken.stdout.text).toBe("attempt 2, none\n");
  });

  it("waits for the back-off of a task that failed", async () => {
    const task = newId();
    const flags = ["--max-attempts", "2", "--backoff", "24h"];
    await using failed = new RunningExec(["false"], { url, task, flags });
    expect(await failed.exitCode).toBe(1);
    expect(await tasks.get(task)).toMatchObject({ status: "pending", failures: 1 });
    await using early = new RunningExec(SHOW, { url, task, flags });
    expect(await early.exitCode).toBe(77);
    expect(early.stderr.text).toMatch(
      /waits for its next attempt until 2\S+; --if-running=take-over /,
    );
  });

  it.each([
    [["--lease", "5s"], "--lease must be from 10s to 1h"],
    [["--max-attempts", "0"], "--max-attempts must be a number from 1 to 100"],
    [["--backoff", "1m"], "give --max-attempts too"],
  ])("takes no %j", async (flags, words) => {
    const { exitCode, stderr } = await runCli([
      "exec",
      ...flags,
      newId(),
      "--url",
      url,
      "--",
      "true",
    ]);
    expect([exitCode, stderr.includes(words)]).toEqual([2, true]);
  });
});

describe("edge-canceler heartbeat and release", () => {
  const run = (...args: string[]) => runCli([...args, "--url", url]);

  it("say how far a run is, and give its task back", async () => {
    const id = newId();
    await tasks.start(id, { holder: "gpu-7", leaseSeconds: 60 });
    const own = ["--attempt", "1", "--holder", "gpu-7"];
    const beat = await run("heartbeat", id, ...own, "--progress", '{"epoch":3}', "--json");
    expect(JSON.parse(beat.stdout)).toMatchObject({ status: "running", progress: { epoch: 3 } });
    const { exitCode, stdout } = await run("release", id, ...own, "--delay", "5m", "--json");
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { status: "pending", failures: 0 }]);
    expect((await run("heartbeat", id, ...own)).exitCode).toBe(77);
  });

  it("follow a start with a lease, of a task that is declared with its attempts", async () => {
    const id = newId();
    await run("declare", id, "--max-attempts", "3", "--backoff", "1m", "--start-within", "1h");
    const holder = ["--holder", "gpu-7"];
    const started = await run("start", id, ...holder, "--lease", "60s", "--json");
    const { lease, maxAttempts } = JSON.parse(started.stdout);
    expect([lease.seconds, maxAttempts]).toEqual([60, 3]);
    expect((await run("start", id)).exitCode).toBe(77);
    expect((await run("start", id, "--take-over")).exitCode).toBe(0);
    const failed = ["--attempt", "2", "--status", "failed", "--error", '"disk full"'];
    const again = await run("finish", id, ...failed, "--retry-after", "0s", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ status: "pending", failures: 1 });
    expect(again.stderr).toBe("");
    const last = await run("start", id, "--json");
    const { attempt } = JSON.parse(last.stdout);
    const end = ["--attempt", String(attempt), "--status", "failed", "--no-retry", "--json"];
    const { stdout } = await run("finish", id, ...end);
    expect(JSON.parse(stdout)).toMatchObject({ status: "failed", failures: 2 });
  });

  it.each(["heartbeat", "release"])("of %s: names what is missing", async (command) => {
    const { exitCode, stderr } = await run(command, newId(), "--attempt", "1");
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("--holder gpu-7")]);
  });
});
