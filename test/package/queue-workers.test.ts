import { spawnSync } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { temporaryFolder } from "../../scripts/folders.ts";
import { eventually } from "../../scripts/until.ts";
import { TaskClient, type TaskState } from "../../worker-client/index.ts";
import { WatchedCli } from "../cli/harness.ts";
import { block } from "./pages.ts";
import { Reader } from "./reader.ts";

const loop = block("docs/queues.md", "while :; do");
const python = block("docs/queues.md", "import json");
const fill = block("README.md", "edge-canceler submit");
const work = block("README.md", "edge-canceler work");

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const reader = await Reader.withPackage();
const folder = temporaryFolder();

/** Fails for a task whose input says so, and runs for long if it says that. */
const TRAIN = `#!/bin/sh
json=$(cat)
echo "got $json"
case $json in *bad*) exit 3;; *long*) exec sleep 60;; esac
`;

beforeAll(async () => {
  await writeFile(join(folder, "train"), TRAIN);
  await chmod(join(folder, "train"), 0o755);
});
afterAll(() => reader.leave());

const hasPython = spawnSync("python3", ["-c", "import urllib.request"]).status === 0;

/** A queue of this test's own, and the ids of its tasks by their inputs. */
async function filled(...inputs: readonly string[]) {
  const suffix = crypto.randomUUID();
  const queue = `queue-${suffix}`;
  const ids = inputs.map((input) => `${input}-${suffix}`);
  const more = { maxAttempts: 1, gracePeriodSeconds: 20 };
  await tasks.enqueue(
    queue,
    inputs.map((input, index) => ({ id: ids[index] ?? "", input: { kind: input }, ...more })),
  );
  return { queue, ids };
}

/** A worker of the page, in the folder with what it runs. */
function worker(runner: readonly [string, ...string[]], code: string, queue: string): WatchedCli {
  const [file, ...args] = runner;
  const here = code
    .replaceAll("http://localhost:8080", url)
    .replaceAll("localhost:8080", url)
    .replaceAll(/\bgpu\b/g, queue)
    // What is left of it when it is killed goes soon.
    .replaceAll("wait=30", "wait=1")
    .replaceAll("./train", join(folder, "train"));
  return new WatchedCli([file, ...args, here]);
}

function endOf(id: string | undefined): Promise<TaskState | null> {
  return eventually(
    () => tasks.get(id ?? ""),
    (task) => task?.endedAt != null,
  );
}

describe("the page about queues has a worker", () => {
  it("in ten lines of shell, which drains a queue", async () => {
    expect(loop.trim().split("\n").length).toBeLessThanOrEqual(10);
    const { queue, ids } = await filled("good", "bad", "last");
    await using shell = worker(["sh", "-c"], loop, queue);
    const statuses = await Promise.all(ids.map(async (id) => (await endOf(id))?.status));
    expect(statuses).toEqual(["succeeded", "failed", "succeeded"]);
    expect(shell.stdout).toContain('"input":{"kind":"last"}');
  });

  it.runIf(hasPython)("in twenty lines of Python, which hears of a cancel", async () => {
    expect(python.split("\n").filter(Boolean).length).toBeLessThanOrEqual(20);
    const { queue, ids } = await filled("good", "bad", "long");
    await using script = worker(
      ["python3", "-c"],
      python.replace("timeout=5", "timeout=0.2"),
      queue,
    );
    const [good, bad, long] = ids;
    expect((await endOf(good))?.status).toBe("succeeded");
    expect((await endOf(bad))?.status).toBe("failed");
    await script.says('got {"kind": "long"}');
    const cancelled = await tasks.cancel(long ?? "", { waitSeconds: 15 });
    expect(cancelled.status).toBe("cancelled");
    expect(cancelled.cancellation?.acknowledgedAt).not.toBeNull();
  });
});

describe("the README", () => {
  it("fills a queue, and works on it", async () => {
    const suffix = crypto.randomUUID();
    const adapt = (code: string) =>
      reader.adapt(code, {
        frames: `frames-${suffix}`,
        "frame-": `frame-${suffix}-`,
        "sleep 5": ":",
      });
    await using submit = reader.shell(adapt(fill));
    expect(await submit.exitCode()).toBe(0);
    await using cli = reader.shell(adapt(work.replace("npx", "exec")));
    const ids = [1, 2].map((number) => `frame-${suffix}-${number}`);
    const [first, second] = await Promise.all(ids.map(endOf));
    expect([first?.status, second?.status]).toEqual(["succeeded", "succeeded"]);
    expect(cli.stdout).toBe(`${ids[1]}: {"scene":"forest"}\n${ids[0]}: {"scene":"beach"}\n`);
  });
});
