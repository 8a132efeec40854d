import { writeFile } from "node:fs/promises";
import { describe, expect, inject, it } from "vitest";
import { temporaryFolder } from "../../scripts/folders.ts";
import { queue, queueLine } from "../../worker-client/cli/commands/queue.ts";
import { submit } from "../../worker-client/cli/commands/submit.ts";
import { UsageError } from "../../worker-client/cli/failure.ts";
import { type QueueState, TaskClient } from "../../worker-client/index.ts";
import { rejectionOf } from "../client/suite/harness.ts";
import { hasTerminal, onTerminal, runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newName = (what: string) => `${what}-${crypto.randomUUID()}`;
const cli = (...args: readonly string[]) =>
  runCli(args, { environment: { EDGE_CANCELER_URL: url } });

describe("edge-canceler submit", () => {
  it("puts tasks into a queue, with their input, and says of one that exists that it stays", async () => {
    const [name, first, second] = [newName("queue"), newName("task"), newName("task")];
    const file = `${temporaryFolder()}/input.json`;
    await writeFile(file, '{ "epochs": 90 }');
    const options = [
      "--input",
      `@${file}`,
      "--priority=-5",
      "--delay",
      "1h",
      "--max-attempts",
      "2",
    ];
    expect(await cli("submit", name, first, ...options)).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(`^${first}  pending  in ${name}  waits until \\S+Z\n$`),
      stderr: "",
    });
    expect(await tasks.get(first)).toMatchObject({
      queue: name,
      input: { epochs: 90 },
      priority: -5,
      maxAttempts: 2,
    });
    const again = await cli("submit", name, first, second);
    expect([again.exitCode, again.stdout.split("\n").length]).toEqual([0, 3]);
    expect(again.stderr).toBe(`edge-canceler: ${first} exists already: it stays as it is\n`);
    expect(await tasks.get(second)).toMatchObject({ queue: name, maxAttempts: 3 });
    expect(await tasks.queue(name)).toMatchObject({ pending: 1, delayed: 1 });
  });

  it.each([
    [[], "name a queue: edge-canceler submit gpu job-1"],
    [["gpu"], "name a task: edge-canceler submit gpu job-1"],
    [
      ["gpu", "a", "--input", "{n:1}"],
      '--input must be JSON, such as \'{"epochs":90}\', not "{n:1}"',
    ],
    [["gpu", "a", "--input", "@/nowhere"], "--input cannot be read: ENOENT"],
    [["gpu", "a", "--priority", "10"], '--priority must be a number from -9 to 9, not "10"'],
    [["gpu", "a", "--priority", "-5"], "--priority needs a value: if that begins with a dash"],
    [["gpu", "a", "--delay", "10"], "--delay must be a duration like 90s, 5m, 2h30m or 1d"],
  ])("called as %j says what would be right", async (args, words) => {
    const error = await rejectionOf(submit.run(args, {}));
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(words);
  });
});

describe("edge-canceler queue", () => {
  it("shows a queue, pauses it, closes it, and limits it, for machines too", async () => {
    const name = newName("queue");
    const closed = await cli("queue", name, "close", "--max-running", "8");
    expect([closed.exitCode, closed.stdout]).toEqual([
      0,
      `${name}  closed  0 pending  0 delayed  0 running of at most 8  0 workers wait\n`,
    ]);
    const refused = await cli("submit", name, newName("task"));
    expect([refused.exitCode, refused.stdout]).toEqual([77, ""]);
    expect(refused.stderr).toContain("refused (409)");
    await cli("queue", name, "pause");
    const { stdout } = await cli("queue", name, "open", "--max-running", "none", "--json");
    expect(JSON.parse(stdout)).toEqual(await tasks.queue(name));
    expect(JSON.parse(stdout)).toMatchObject({ paused: true, accepting: true, maxRunning: null });
  });

  it.runIf(hasTerminal)("keeps a line up to date on a terminal, until Ctrl-C", async () => {
    const name = newName("queue");
    await using live = onTerminal(["queue", name, "--url", url]);
    await live.says(`${name}  open  0 pending`);
    await tasks.enqueue(name, [{ id: newName("task") }]);
    await live.says(`${name}  open  1 pending`);
    live.type("\u0003");
    expect(await live.exitCode()).toBe(130);
  });

  it.each([
    [["gpu", "stop"], 'after the queue comes pause, resume, close, open or nothing, not "stop"'],
    [["gpu", "--max-running", "0"], '--max-running must be a number from 1 to 1000000, not "0"'],
    [["gpu", "pause", "now"], "name one queue: edge-canceler queue gpu pause"],
  ])("called as %j says what would be right", async (args, words) => {
    const error = await rejectionOf(queue.run(args, {}));
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(words);
  });
});

describe("a queue in one line", () => {
  const STATE: QueueState = {
    queue: "gpu",
    paused: false,
    accepting: true,
    maxRunning: null,
    pending: 3,
    delayed: 1,
    running: 2,
    oldestPendingSeconds: 250,
    waitingWorkers: 1,
  };

  it.each([
    [{}, "gpu  open  3 pending (the oldest for 4m10s)  1 delayed  2 running  1 worker waits"],
    [
      { paused: true, maxRunning: 4, oldestPendingSeconds: null, waitingWorkers: 2 },
      "gpu  paused  3 pending  1 delayed  2 running of at most 4  2 workers wait",
    ],
    [
      { paused: true, accepting: false, queue: "\u001b[31mgpu", waitingWorkers: 0 },
      "[31mgpu  paused and closed  3 pending (the oldest for 4m10s)  1 delayed  2 running  0 workers wait",
    ],
  ])("with %j is %s", (differences, text) => {
    const parts = [queueLine({ ...STATE, ...differences })].flat();
    expect(parts.map((part) => (typeof part === "string" ? part : part.text)).join("")).toBe(text);
  });
});
