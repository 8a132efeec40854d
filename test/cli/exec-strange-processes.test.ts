import { spawnSync } from "node:child_process";
import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/harness.ts";
import { descendantsOf, isAlive } from "../scripts/processes.ts";
import { endWithTest, RunningExec } from "./exec-harness.ts";
import { newTaskId, untilWatched, withoutSlowStart } from "./harness.ts";
import { livingThreadsOf, WITHOUT_MAIN_THREAD } from "./threads.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

/** Not every machine lets its users make namespaces, and then there is nothing to try. */
function isAllowed([file = "", ...args]: readonly string[]): boolean {
  return spawnSync(file, [...args, "true"]).status === 0;
}

describe.skipIf(process.platform !== "linux")("a command whose main thread has ended", () => {
  it("is ended by a cancel", async () => {
    const task = newTaskId();
    const command = ["sh", "-c", `exec ${WITHOUT_MAIN_THREAD}`];
    await using exec = new RunningExec(command, { url, task });
    const pid = Number(await exec.stdout.match(/pid (\d+)\n/));
    endWithTest(pid);
    await untilWatched(tasks, task);
    await eventually(
      async () => isAlive(pid),
      (is) => !is,
    );
    expect(livingThreadsOf(pid)).not.toEqual([]);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(livingThreadsOf(pid)).toEqual([]);
    expect(withoutSlowStart(exec.stderr.text)).toMatch(
      /^edge-canceler: cancelled \(SIGTERM now, [^\n]*\n$/,
    );
  });
});

describe("what a shell has left running that then became exec", () => {
  it("is no part of the command", async () => {
    const task = newTaskId();
    const script = 'sleep 600 </dev/null >/dev/null 2>&1 & echo "neighbour $!"; exec "$@"';
    const under = ["sh", "-c", script, "sh"];
    const command = ["sh", "-c", 'echo "command $$ of $PPID"; exec sleep 600'];
    await using exec = new RunningExec(command, { url, task, under });
    const neighbour = Number(await exec.stdout.match(/neighbour (\d+)\n/));
    endWithTest(neighbour);
    expect(await exec.stdout.match(/command \d+ of (\d+)/)).toBe(String(exec.pid));
    expect(descendantsOf(exec.pid)).toContain(neighbour);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(isAlive(neighbour)).toBe(true);
  });
});

const IN_NO_PROC = ["sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"];
const WITHOUT_PROC = ["unshare", "-Urm", ...IN_NO_PROC];
const AS_PID_1_WITHOUT_PROC = ["unshare", "-Urmpf", "--kill-child", ...IN_NO_PROC];
const WITH_FOREIGN_PROC = ["unshare", "-Urpf", "--kill-child", "--"];

describe.each([
  ["no /proc", WITHOUT_PROC],
  ["a /proc of other numbers", WITH_FOREIGN_PROC],
])("exec with %s", (_name, under) => {
  it.skipIf(!isAllowed(under))("stops the command and its group", async () => {
    const task = newTaskId();
    const script = "sleep 600 & echo ready; wait";
    const settings = { url, task, under, flags: ["--grace", "1s"] };
    await using exec = new RunningExec(["sh", "-c", script], settings);
    await exec.stdout.match(/ready/);
    const pids = descendantsOf(exec.pid);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it.skipIf(!isAllowed(under))("kills the group when the grace period is over", async () => {
    const task = newTaskId();
    const stubborn = `sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'`;
    const settings = { url, task, under, flags: ["--grace", "1s"] };
    await using exec = new RunningExec(["sh", "-c", `${stubborn} & exec sleep 600`], settings);
    await exec.stdout.match(/ready/);
    const pids = descendantsOf(exec.pid);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(exec.stderr.text).toMatch(/the grace period is over: SIGKILL\n$/);
  });
});

describe.each([
  ["no /proc", WITHOUT_PROC],
  ["a /proc of other numbers", WITH_FOREIGN_PROC],
  // It inherits orphans then, and waits for none but its command.
  ["no /proc, as PID 1", AS_PID_1_WITHOUT_PROC],
])("exec with %s", (_name, under) => {
  it.skipIf(!isAllowed(under))("is not held by an orphan that nobody has waited for", async () => {
    const task = newTaskId();
    const script = "(sleep 600 &); echo ready; exec sleep 600";
    const settings = { url, task, under, flags: ["--grace", "1s"] };
    await using exec = new RunningExec(["sh", "-c", script], settings);
    await exec.stdout.match(/ready/);
    await untilWatched(tasks, task);
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(exec.stderr.text).not.toContain("could not kill");
  });
});
