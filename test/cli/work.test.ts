import { describe, expect, inject, it } from "vitest";
import { work as command } from "../../worker-client/cli/commands/work.ts";
import { UsageError } from "../../worker-client/cli/failure.ts";
import { TaskClient, type TaskState } from "../../worker-client/index.ts";
import { eventually, rejectionOf } from "../client/suite/harness.ts";
import { CLI_RUNTIMES, hasTerminal, onTerminal, runCli, WatchedCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newName = (what: string) => `${what}-${crypto.randomUUID()}`;

/** `edge-canceler work` for a command of sh(1), on its own. */
function work(queue: string, command: string, ...options: readonly string[]): WatchedCli {
  const args = ["work", "--url", url, ...options, queue, "--", "sh", "-c", command];
  return new WatchedCli([CLI_RUNTIMES.node[0], CLI_RUNTIMES.node[1], ...args]);
}

async function submit(queue: string, name: string, more: object = {}): Promise<string> {
  const id = newName(name);
  await tasks.enqueue(queue, [{ id, ...more }]);
  return id;
}

function ended(id: string): Promise<TaskState | null> {
  return eventually(
    () => tasks.get(id),
    (task) => task?.endedAt != null,
  );
}

/** Tells a worker twice to stop, which does not wait for what runs. */
async function goHomeNow(worker: WatchedCli): Promise<void> {
  worker.kill("SIGTERM");
  await worker.says("running commands (1) may finish within 30s");
  worker.kill("SIGTERM");
  expect(await worker.exitCode()).toBe(0);
}

describe("edge-canceler work", () => {
  it("runs a command for each task, with its input, and reports its exit code", async () => {
    const queue = newName("queue");
    const good = await submit(queue, "good", { input: { n: 1 } });
    const bad = await submit(queue, "bad", { input: 3, maxAttempts: 1 });
    await using worker = work(
      queue,
      'echo "$(cat) $EDGE_CANCELER_INPUT $EDGE_CANCELER_TASK $EDGE_CANCELER_QUEUE $EDGE_CANCELER_ATTEMPT"; test "$EDGE_CANCELER_INPUT" != 3 || exit 3',
    );
    expect(await ended(good)).toMatchObject({
      status: "succeeded",
      result: { exitCode: 0, durationSeconds: expect.any(Number) },
    });
    expect(await ended(bad)).toMatchObject({
      status: "failed",
      error: { exitCode: 3, durationSeconds: expect.any(Number) },
    });
    await worker.says(`${bad}: failed (exit code 3 after `);
    expect(worker.stdout).toBe(`{"n":1} {"n":1} ${good} ${queue} 1\n3 3 ${bad} ${queue} 1\n`);
    const { stdout } = await runCli(["status", bad, "--url", url]);
    expect(stdout).toMatch(/ {2}failed {2}attempt 1 .* {2}exit code 3 {2}ended /);
    worker.kill("SIGTERM");
    expect(await worker.exitCode()).toBe(0);
    expect(worker.stderr).toContain("SIGTERM: claiming no more tasks\n");
  });

  it("tries a task again that failed, with its input and progress", async () => {
    const queue = newName("queue");
    const id = await submit(queue, "again", { input: [1], backoffSeconds: 0.1 });
    await using worker = work(
      queue,
      'echo "$EDGE_CANCELER_ATTEMPT $(printenv EDGE_CANCELER_PROGRESS || echo none) $(cat)"; echo 7 > "$EDGE_CANCELER_PROGRESS_FILE"; test "$EDGE_CANCELER_ATTEMPT" -gt 1',
    );
    expect(await ended(id)).toMatchObject({ status: "succeeded", attempt: 2, failures: 1 });
    expect(worker.stdout).toBe("1 none [1]\n2 7 [1]\n");
  });

  it("stops the command of a cancelled task, and no other", async () => {
    const queue = newName("queue");
    const ids = [await submit(queue, "first"), await submit(queue, "second")];
    const [first = "", second = ""] = ids;
    await using worker = work(queue, "echo begun; sleep 60", "--concurrency", "2");
    for (const id of ids) await worker.says(`${id}: runs (attempt 1)`);
    const cancelled = await tasks.cancel(first, { reason: "wrong data", waitSeconds: 20 });
    expect(cancelled).toMatchObject({ status: "cancelled", error: { signal: "SIGTERM" } });
    expect(cancelled.cancellation?.acknowledgedAt).not.toBeNull();
    expect(worker.stderr).toContain(`${first}: cancelled: wrong data (SIGTERM now, SIGKILL in `);
    expect((await tasks.get(second))?.status).toBe("running");
    expect(worker.stderr).not.toContain(`${second}: cancelled`);
    await goHomeNow(worker);
  });

  it("never starts a task that was cancelled while it waited", async () => {
    const queue = newName("queue");
    const [gone, good] = [await submit(queue, "gone"), await submit(queue, "good")];
    await tasks.cancel(gone);
    await using worker = work(queue, "echo $EDGE_CANCELER_TASK");
    await ended(good);
    expect(worker.stdout).toBe(`${good}\n`);
    expect((await tasks.get(gone))?.status).toBe("cancelled");
  });

  it("that is told to stop twice stops what runs, gives it back, and claims no other", async () => {
    const queue = newName("queue");
    const [first, second] = [await submit(queue, "first"), await submit(queue, "second")];
    await using worker = work(queue, "echo begun; sleep 60");
    await worker.says("begun");
    await goHomeNow(worker);
    const task = await tasks.get(first);
    expect(task).toMatchObject({ status: "pending", failures: 0 });
    expect(task?.attempts).toMatchObject([{ attempt: 1, outcome: "released" }]);
    expect((await tasks.get(second))?.attempt).toBe(0);
  });

  it("with a command that is not there claims nothing, and exits with 127", async () => {
    const queue = newName("queue");
    const id = await submit(queue, "waits");
    const args = ["work", "--url", url, queue, "--", "/no/such/command"];
    expect(await runCli(args)).toEqual({
      exitCode: 127,
      stdout: "",
      stderr: expect.stringContaining("/no/such/command: command not found"),
    });
    expect((await tasks.get(id))?.attempt).toBe(0);
  });

  it("with a command that cannot be executed gives its task back, and exits with 126", async () => {
    const queue = newName("queue");
    const id = await submit(queue, "waits");
    const file = import.meta.filename;
    const { exitCode, stderr } = await runCli(["work", "--url", url, queue, "--", file]);
    expect([exitCode, stderr]).toEqual([126, expect.stringContaining("cannot be executed")]);
    const task = await tasks.get(id);
    expect([task?.status, task?.failures]).toEqual(["pending", 0]);
  });

  it.runIf(hasTerminal)("keeps Ctrl-C from its commands, which may finish", async () => {
    const queue = newName("queue");
    const id = await submit(queue, "last");
    const script = "trap 'echo told' INT TERM; echo begun; sleep 2; echo done";
    const args = ["work", "--url", url, queue, "--", "sh", "-c", script];
    const quoted = args.map((arg) => arg.replaceAll("'", `'"'"'`));
    await using worker = onTerminal(quoted);
    await worker.says("begun");
    worker.type("\u0003");
    await worker.says("SIGINT: claiming no more tasks");
    await worker.exitCode();
    expect(worker.stdout).toContain("done");
    expect(worker.stdout).not.toContain("told");
    expect((await tasks.get(id))?.status).toBe("succeeded");
  });

  it.each([
    [["gpu"], "put -- before the command: edge-canceler work gpu -- make all"],
    [["gpu", "--"], "name a command after --: edge-canceler work gpu -- python3 train.py"],
    [["--", "true"], "name a queue: edge-canceler work gpu -- python3 train.py"],
    [["gpu", "cpu", "--", "true"], "name one queue: edge-canceler work gpu -- true"],
    [
      ["gpu", "--concurrency", "0", "--", "true"],
      '--concurrency must be a number from 1 to 1000, not "0"',
    ],
    [["gpu", "--lease", "5s", "--", "true"], '--lease must be from 10s to 1h, not "5s"'],
  ])("called as %j says what would be right", async (args, words) => {
    const error = await rejectionOf(command.run(args, {}));
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(words);
  });
});
