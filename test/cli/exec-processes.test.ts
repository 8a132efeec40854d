import { mkdtempDisposable, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/harness.ts";
import { isAlive } from "../scripts/processes.ts";
import { RunningExec } from "./exec-harness.ts";
import { CLI_RUNTIMES, newTaskId, untilWatched } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

/** What the commands of these tests run: shells that quote nothing, and need not. */
const SCRIPTS = {
  /** Says its pid and ignores SIGTERM, and so does all that it starts. */
  STUBBORN: 'trap "" TERM; echo "pid $$"; while :; do sleep 0.1; done',
  /** Ends some time after SIGTERM: when a file is gone. */
  SLOW: `trap 'while [ -e "$0" ]; do sleep 0.05; done; exit' TERM; echo "pid $$"; while :; do sleep 0.1; done`,
  NODE: process.execPath,
  /** For Node: starts the stubborn one in a session of its own, and leaves it behind. */
  LEAVE_BEHIND: `require("node:child_process").spawn("sh", ["-c", process.env.STUBBORN],
    { detached: true, stdio: ["ignore", "inherit", "inherit"] }).unref()`,
};

/** The pids that so many processes have said. */
async function pidsIn({ stdout }: RunningExec, count: number): Promise<number[]> {
  await stdout.match(new RegExp(`(?:^pid \\d+\n[\\s\\S]*?){${count}}`, "m"));
  return Array.from(stdout.text.matchAll(/^pid (\d+)$/gm), ([, pid]) => Number(pid));
}

describe("a cancel ends", () => {
  it.each([
    ["a grandchild that ignores SIGTERM", 'sh -c "$STUBBORN" & exec sleep 600'],
    [
      "a grandchild in a session of its own that ignores SIGTERM",
      'exec "$NODE" -e "$LEAVE_BEHIND; setInterval(() => {}, 1000)"',
    ],
    [
      "an orphan in a session of its own that ignores SIGTERM",
      '"$NODE" -e "$LEAVE_BEHIND"; exec sleep 600',
    ],
  ])("%s", async (_name, script) => {
    const task = newTaskId();
    const settings = { url, task, environment: SCRIPTS, flags: ["--grace", "1s"] };
    await using exec = new RunningExec(["sh", "-c", script], settings);
    const pids = await pidsIn(exec, 1);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(exec.stderr.text).toMatch(/the grace period is over: SIGKILL\n$/);
  });

  it("a pipeline of a shell, at once", async () => {
    const task = newTaskId();
    const script = `sh -c 'echo "pid $$"; exec yes' | sh -c 'head -n 1; exec cat >/dev/null' | cat`;
    await using exec = new RunningExec(["sh", "-c", script], { url, task });
    const pids = await pidsIn(exec, 1);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(exec.stderr.text).not.toContain("the grace period is over");
  });

  it("what outlives the command, and not before it is ready", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-exec-"));
    const file = join(folder.path, "not ready");
    await writeFile(file, "");
    const task = newTaskId();
    const script = 'sh -c "$SLOW" "$0" & echo "pid $$"; exec sleep 600';
    await using exec = new RunningExec(["sh", "-c", script, file], {
      url,
      task,
      environment: SCRIPTS,
    });
    const pids = await pidsIn(exec, 2);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    await eventually(
      async () => pids.filter(isAlive).length,
      (alive) => alive === 1,
    );
    expect(await tasks.get(task)).toMatchObject({ status: "cancelling" });
    await rm(file);
    expect(await exec.exitCode).toBe(143);
    expect(exec.stderr.text).not.toContain("the grace period is over");
  });

  it("a command that is stopped by SIGSTOP", async () => {
    const task = newTaskId();
    await using exec = new RunningExec(["sh", "-c", 'echo "pid $$"; exec sleep 600'], {
      url,
      task,
    });
    const [pid = 0] = await pidsIn(exec, 1);
    process.kill(pid, "SIGSTOP");
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
  });

  it("with the signal that was chosen", async () => {
    const task = newTaskId();
    const flags = ["--signal", "int"];
    await using exec = new RunningExec(["sleep", "600"], { url, task, flags });
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(130);
    expect(exec.stderr.text).toContain("SIGINT now");
  });
});

describe("a command that exits while it is being stopped", () => {
  it.each([
    [7, 7, { error: { exitCode: 7 } }],
    // It was stopped, and not done; what follows must not go on.
    [0, 143, { result: { exitCode: 0 } }],
  ])("with %d makes exec exit with %d, and reports its own end", async (own, exitCode, end) => {
    const task = newTaskId();
    const script = `trap 'exit ${own}' TERM; echo "pid $$"; while :; do sleep 0.05; done`;
    await using exec = new RunningExec(["sh", "-c", script], { url, task });
    await pidsIn(exec, 1);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(exitCode);
    expect(await tasks.get(task)).toMatchObject({ status: "cancelled", ...end });
  });

  it("is not bothered by a second cancel", async () => {
    const task = newTaskId();
    const script = `trap 'echo term; read _; exit 9' TERM; echo "pid $$"; while :; do sleep 0.05; done`;
    await using exec = new RunningExec(["sh", "-c", script], { url, task });
    await pidsIn(exec, 1);
    await untilWatched(tasks, task);
    await tasks.cancel(task, { reason: "first" });
    await exec.stdout.match(/term/);
    await tasks.cancel(task, { reason: "second", gracePeriodSeconds: 600 });
    exec.stdin.end("go on\n");
    expect(await exec.exitCode).toBe(9);
    expect(exec.stdout.text.match(/term/g)).toHaveLength(1);
    expect(exec.stderr.text).not.toContain("second");
  });
});

describe("exec", () => {
  it("lets the reader know that the command has closed its stdout", async () => {
    const task = newTaskId();
    const script = 'echo "pid $$"; exec >&-; exec sleep 600';
    await using exec = new RunningExec(["sh", "-c", script], { url, task });
    const [pid = 0] = await pidsIn(exec, 1);
    await exec.stdoutClosed;
    expect(isAlive(pid)).toBe(true);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
  });

  it("leaves in the background what a command that ended by itself has left there", async () => {
    const task = newTaskId();
    const script = `sh -c 'echo "pid $$"; exec sleep 600' 2>&1 >&3 & exit 0`;
    await using exec = new RunningExec(["sh", "-c", `exec 3>&1; ${script}`], { url, task });
    const [pid = 0] = await pidsIn(exec, 1);
    await eventually(
      () => tasks.get(task),
      (state) => state?.status === "succeeded",
    );
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
    expect(await exec.exitCode).toBe(0);
  });

  it("that runs in an exec is stopped with it, with all of its own", async () => {
    const task = newTaskId();
    const inner = ["exec", `${task}-inner`, "--", "sh", "-c", 'echo "pid $$"; exec sleep 600'];
    await using exec = new RunningExec([...CLI_RUNTIMES.node, ...inner], { url, task });
    const pids = await pidsIn(exec, 1);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await tasks.get(`${task}-inner`)).toMatchObject({ status: "cancelled" });
  });

  it("stops a command whose task another worker has started", async () => {
    const task = newTaskId();
    await using exec = new RunningExec(["sleep", "600"], { url, task });
    await untilWatched(tasks, task);
    await tasks.start(task);
    expect(await exec.exitCode).toBe(143);
    expect(exec.stderr.text).toContain("stopped: another worker runs the task now (attempt 2)");
    expect(await tasks.get(task)).toMatchObject({ status: "running", attempt: 2 });
  });
});
