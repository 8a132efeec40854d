import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/harness.ts";
import { isAlive } from "../scripts/processes.ts";
import { hasScript, RunningExec, Terminal } from "./exec-harness.ts";
import { CLI_RUNTIMES, newTaskId, untilWatched } from "./harness.ts";

const CTRL_S = "\x13";
const CTRL_Q = "\x11";
const STUBBORN = 'trap "" TERM; echo "stubborn $$"; while :; do sleep 0.1; done';
const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

/** A pipe with a name that takes nothing more, and that nobody reads. */
function fillPipe(path: string): Disposable {
  execFileSync("mkfifo", [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(pipe, "\0");
  } catch (error) {
    expect(error).toMatchObject({ code: "EAGAIN" });
  }
  return { [Symbol.dispose]: () => closeSync(pipe) };
}

describe.each(Object.keys(CLI_RUNTIMES))("exec under %s, whose stderr nobody reads", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("kills its command when the grace period is over", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-unread-"));
    const path = join(folder.path, "stderr");
    using _ = fillPipe(path);
    const task = newTaskId();
    await using exec = new RunningExec(["sh", "-c", STUBBORN], {
      url,
      task,
      runtime,
      under: ["sh", "-c", 'exec "$@" 2>"$0"', path],
    });
    await exec.stdout.match(/stubborn/);
    await untilWatched(tasks, task);
    await tasks.cancel(task, { gracePeriodSeconds: 1 });
    expect(await exec.exitCode).toBe(137);
    expect(await tasks.get(task)).toMatchObject({ status: "cancelled" });
  });

  it.skipIf(!hasScript)("because Ctrl-S has halted the terminal does so too", async () => {
    await using terminal = new Terminal({ EDGE_CANCELER_URL: url, STUBBORN });
    const task = newTaskId();
    const exec = [...CLI_RUNTIMES[runtime], "exec"].join(" ");
    terminal.line(`${exec} ${task} -- sh -c "$STUBBORN"; echo "exit $?"`);
    const pid = Number(await terminal.screen.match(/stubborn (\d+)/));
    await untilWatched(tasks, task);
    terminal.key(CTRL_S);
    await tasks.cancel(task, { gracePeriodSeconds: 1 });
    await eventually(
      async () => isAlive(pid),
      (is) => !is,
    );
    terminal.key(CTRL_Q);
    expect(await terminal.screen.match(/exit (\d+)\r/)).toBe("137");
  });
});
