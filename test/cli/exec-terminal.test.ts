import { readFileSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { type Arrivals, type Exchange, fakeService } from "../client/harness.ts";
import { eventually } from "../client/suite/harness.ts";
import { taskState } from "../client/task-state.ts";
import { isAlive } from "../scripts/processes.ts";
import { hasScript, Terminal } from "./exec-harness.ts";
import { CLI_RUNTIMES, newTaskId, untilWatched } from "./harness.ts";
import { untilIdle } from "./threads.ts";

const CTRL_C = "\x03";
const CTRL_Z = "\x1a";
const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

/**
 * Counts the SIGINTs that it gets, and says at SIGTERM how many there were. It starts nothing
 * meanwhile: a shell that is stopped while it does so does not count as stopped.
 */
const COUNTER = `
count=0
sleep 600 &
trap 'count=$((count + 1)); echo "interrupt $count"' INT
trap 'echo "in all $count"; kill $!; exit 4' TERM
echo "counter $$ of $PPID"
while :; do wait; done
`;
const STUBBORN = 'trap "" TERM; echo "stubborn $$"; while :; do sleep 0.1; done';

/** The next request that is none of a watch, which begins only if the command takes its time. */
async function nextCall(requests: Arrivals<Exchange>): Promise<Exchange> {
  const exchange = await requests.next();
  return exchange.query.has("revision") ? nextCall(requests) : exchange;
}

/** The letter that stands for a process's state. */
function stateOf(pid: number): string | undefined {
  return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
}

// script(1) of util-linux and bash make the terminal; without them there is none to try.
describe.skipIf(!hasScript).each(Object.keys(CLI_RUNTIMES))(
  "exec under %s, on a terminal",
  (name) => {
    const command = CLI_RUNTIMES[name === "deno" || name === "bun" ? name : "node"].join(" ");
    let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;

    beforeAll(async () => {
      folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-terminal-"));
      await writeFile(join(folder.path, "counter.sh"), COUNTER);
      return () => folder.remove();
    });

    function open(serviceUrl = url): Terminal {
      return new Terminal({
        EDGE_CANCELER_URL: serviceUrl,
        EXEC: `${command} exec`,
        COUNTER: join(folder.path, "counter.sh"),
        STUBBORN,
      });
    }

    it("leaves the terminal to the command: it can ask, without an echo", async () => {
      await using terminal = open();
      // In two pieces, so that the line as it was typed is not taken for the question.
      terminal.line(
        `$EXEC ${newTaskId()} -- bash -c 'read -s -p "pass""word: " word; echo; echo "read $word"; test -t 0 && test -t 1 && test -t 2 && echo "all ttys"'`,
      );
      await terminal.screen.match(/password: $/);
      terminal.line("s3cret");
      await terminal.screen.match(/password: \r?\nread s3cret\r\nall ttys\r\n/);
    });

    it("says what it runs, and how to cancel it", async () => {
      // One that answers at once: what exec says depends on how soon that is.
      await using service = await fakeService();
      await using terminal = open(service.url);
      const task = newTaskId();
      terminal.line(`$EXEC ${task} -- true`);
      (await service.requests.next()).answer(200, taskState(task));
      await terminal.screen.match(
        new RegExp(
          `edge-canceler: ${task} runs \\(attempt 1\\)\\. To cancel it: edge-canceler cancel ${task}\r\n`,
        ),
      );
    });

    it("lets Ctrl-C reach the command once, and forwards SIGTERM", async () => {
      await using terminal = open();
      const task = newTaskId();
      terminal.line(`$EXEC ${task} -- sh $COUNTER; echo "exit $?"`);
      const exec = Number(await terminal.screen.match(/counter \d+ of (\d+)/));
      for (const count of [1, 2]) {
        terminal.key(CTRL_C);
        await terminal.screen.match(new RegExp(`interrupt ${count}\r`));
        // Or what exec forwards may come together with the next Ctrl-C, as one signal.
        await untilIdle(exec);
      }
      process.kill(exec, "SIGTERM");
      expect(await terminal.screen.match(/in all (\d+)\r/)).toBe("2");
      expect(await terminal.screen.match(/exit (\d+)\r/)).toBe("4");
      expect(await tasks.get(task)).toMatchObject({ status: "failed", error: { exitCode: 4 } });
    });

    it("forwards the SIGHUP of a terminal that is its own session's", async () => {
      const task = newTaskId();
      const SCRIPT = `trap 'kill $!; exit 6' HUP; sleep 600 & echo "of $PPID"; wait`;
      const inner = `exec ${command} exec ${task} -- sh -c "$SCRIPT"`;
      await using exec = new Terminal({ EDGE_CANCELER_URL: url, SCRIPT }, inner);
      process.kill(Number(await exec.screen.match(/of (\d+)\r/)), "SIGHUP");
      await eventually(
        () => tasks.get(task),
        (state) => state?.status === "failed",
      );
      expect(await tasks.get(task)).toMatchObject({ error: { exitCode: 6 } });
    });

    it("dies of Ctrl-C where the command does, so that a loop of the shell ends", async () => {
      await using terminal = open();
      const task = newTaskId();
      terminal.line(
        `for id in ${task} ${task}-2; do $EXEC $id -- sh -c 'echo "sleeper $$"; exec sleep 600'; done; echo "over"`,
      );
      await terminal.screen.match(/sleeper \d/);
      terminal.key(CTRL_C);
      await terminal.screen.match(/\^C\r\n/);
      terminal.line('echo "exit $?"');
      expect(await terminal.screen.match(/exit (\d+)\r/)).toBe("130");
      expect(terminal.screen.text).not.toMatch(/^over\r/m);
      expect(await tasks.get(task)).toMatchObject({
        status: "failed",
        error: { signal: "SIGINT" },
      });
    });

    it("reports a command that Ctrl-C has ended, though it hears of the end first", async () => {
      await using service = await fakeService();
      await using terminal = open(service.url);
      const task = newTaskId();
      terminal.line(`$EXEC ${task} -- sh -c 'echo "command of $PPID"; kill -INT $$'`);
      (await service.requests.next()).answer(200, taskState(task));
      const exec = Number(await terminal.screen.match(/command of (\d+)/));
      // It may have been cancelled meanwhile.
      (await nextCall(service.requests)).answer(200, taskState(task));
      const finish = await nextCall(service.requests);
      expect(await finish.body()).toMatchObject({ status: "failed", error: { signal: "SIGINT" } });
      process.kill(exec, "SIGINT");
      await untilIdle(exec);
      finish.answer(200, taskState(task, { status: "failed" }));
      terminal.line('echo "exit $?"');
      expect(await terminal.screen.match(/exit (\d+)\r/)).toBe("130");
      expect(terminal.screen.text).not.toContain("not on record");
    });

    it("can be stopped by Ctrl-Z, and goes on in the foreground", async () => {
      await using terminal = open();
      terminal.line(`$EXEC ${newTaskId()} -- sh $COUNTER`);
      const counter = Number(await terminal.screen.match(/counter (\d+)/));
      terminal.key(CTRL_Z);
      await terminal.screen.match(/Stopped/);
      // The shell says so when exec has stopped; the command is told at the same time, not after it.
      await eventually(
        async () => stateOf(counter),
        (state) => state === "T",
      );
      terminal.line("fg");
      await terminal.screen.match(/fg\r\n(?:.*[#$] )?\$EXEC/);
      // The shell hands the terminal over, and then wakes the job up.
      await eventually(
        async () => stateOf(counter),
        (state) => state !== "T",
      );
      terminal.key(CTRL_C);
      await terminal.screen.match(/interrupt 1\r/);
      const exec = Number(await terminal.screen.match(/counter \d+ of (\d+)/));
      process.kill(exec, "SIGTERM");
      expect(await terminal.screen.match(/in all (\d+)\r/)).toBe("1");
    });

    it("stops all of the command on a cancel, and none of its neighbours", async () => {
      await using terminal = open();
      const task = newTaskId();
      // The pipe's other side is in the same process group.
      terminal.line(
        `$EXEC --grace 1s ${task} -- sh -c 'setsid sh -c "$STUBBORN" & echo "command $$"; exec sleep 600' | (cat; echo "neighbour is well"; exit 6); echo "exit \${PIPESTATUS[*]}"`,
      );
      const command = Number(await terminal.screen.match(/command (\d+)/));
      const stubborn = Number(await terminal.screen.match(/stubborn (\d+)/));
      await untilWatched(tasks, task);
      await tasks.cancel(task, { reason: "wrong data" });
      expect(await terminal.screen.match(/exit (\d+ \d+)\r/)).toBe("143 6");
      expect([command, stubborn].filter(isAlive)).toEqual([]);
      expect(terminal.screen.text).toMatch(/neighbour is well\r/);
      expect(terminal.screen.text).toContain("edge-canceler: cancelled: wrong data (SIGTERM now, ");
    });
  },
);
