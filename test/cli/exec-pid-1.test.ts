import { spawnSync } from "node:child_process";
import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/harness.ts";
import { descendantsOf, isAlive } from "../scripts/processes.ts";
import { RunningExec } from "./exec-harness.ts";
import { CLI_RUNTIMES, newTaskId, untilWatched } from "./harness.ts";

const UNSHARE = ["unshare", "-Urpf", "--mount-proc", "--kill-child", "--"] as const;
const [unshare, ...flags] = UNSHARE;
/** Not every machine lets its users make namespaces, and then there is nothing to try. */
const isAllowed = spawnSync(unshare, [...flags, "true"]).status === 0;
const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

describe.skipIf(!isAllowed).each(Object.keys(CLI_RUNTIMES))("exec under %s, as PID 1", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("hands SIGTERM on, as a container runtime sends it", async () => {
    const task = newTaskId();
    const script = "trap 'kill $!; exit 5' TERM; sleep 600 & echo \"ready, child of $PPID\"; wait";
    await using exec = new RunningExec(["sh", "-c", script], {
      url,
      task,
      runtime,
      under: UNSHARE,
    });
    expect(await exec.stdout.match(/child of (\d+)/)).toBe("1");
    const [first = 0] = descendantsOf(exec.pid);
    process.kill(first, "SIGTERM");
    expect(await exec.exitCode).toBe(5);
    expect(exec.stderr.text).toContain("exec is PID 1 here and does not reap orphans: add an init");
    expect(await tasks.get(task)).toMatchObject({ status: "failed", error: { exitCode: 5 } });
  });

  it("exits with 130 where SIGINT ends the command: it cannot die of it", async () => {
    const settings = { url, task: newTaskId(), under: UNSHARE };
    const script = "echo ready; exec sleep 600";
    await using exec = new RunningExec(["sh", "-c", script], { ...settings, runtime });
    await exec.stdout.match(/ready/);
    const [first = 0] = descendantsOf(exec.pid);
    process.kill(first, "SIGINT");
    expect(await exec.exitCode).toBe(130);
  });

  it("stops the command on a cancel, and orphans without a mark too", async () => {
    const task = newTaskId();
    const script =
      "(env -i setsid sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.1; done' &); exec sleep 600";
    const settings = { url, task, under: UNSHARE, flags: ["--grace", "1s"] };
    await using exec = new RunningExec(["sh", "-c", script], { ...settings, runtime });
    await exec.stdout.match(/ready/);
    await untilWatched(tasks, task);
    const pids = await eventually(
      async () => descendantsOf(exec.pid),
      ({ length }) => length >= 3,
    );
    await tasks.cancel(task);
    expect(await exec.exitCode).toBe(143);
    expect(exec.stderr.text).toMatch(/the grace period is over: SIGKILL\n$/);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});
