import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TaskClient, type TaskState } from "../worker-client/index.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { RUNTIMES } from "./demo-steps.ts";
import { temporaryFolder } from "./folders.ts";
import { queueTimeline } from "./queue-timeline.ts";
import { serveBundle } from "./serve-bundle.ts";
import { eventually, until } from "./until.ts";

const QUEUE = "frames";
const TASKS = 12;
/** How long the interrupted tasks and the others take. */
const LONG_MS = 4000;
const SHORT_MS = 500;
/** Longer than a lease, a grace period and all the work together. */
const PATIENCE_MS = 60_000;

type Runtime = keyof typeof RUNTIMES;
type Say = (who: string, what: string) => void;

interface QueueDemo {
  /** Aborts to end everything that the demo started. */
  readonly signal: AbortSignal;
  readonly say: Say;
}

/**
 * Runs twelve tasks on three workers. Kills one worker while it runs a task, and cancels one task in
 * the queue and one while it runs. Throws unless every task ends as it should.
 */
export async function queueDemo({ signal, say }: QueueDemo): Promise<void> {
  const folder = temporaryFolder();
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder);
  const bundle = await bundleWorker({ folder });
  const { url } = await serveBundle({
    bundle,
    dataFolder,
    port: 0,
    vars: { AUTH: "none" },
    signal,
  });
  say("service", `ready ${url}`);
  const tasks = new TaskClient({ url });

  const workers = new Map<Runtime, FrameWorker>();
  for (const runtime of ["node", "deno", "bun"] as const) {
    workers.set(runtime, new FrameWorker({ runtime, url, signal, say }));
  }
  await until(
    "all workers wait for a task",
    async () => (await tasks.queue(QUEUE)).waitingWorkers === workers.size,
  );

  const ids = Array.from(
    { length: TASKS },
    (_, index) => `frame-${`${index + 1}`.padStart(2, "0")}`,
  );
  const last = ids.at(-1) ?? "";
  await tasks.enqueue(
    QUEUE,
    ids.map((id, index) => ({
      id,
      input: index < workers.size ? LONG_MS : SHORT_MS,
      // Delays before a lost task is handed on and a failed one is retried.
      gracePeriodSeconds: 1,
      backoffSeconds: 0.1,
    })),
  );
  say("you", `enqueued ${TASKS} tasks`);
  await tasks.cancel(last, { reason: "this frame is not needed" });
  say("you", `cancelled ${last}, which is still in the queue`);

  const [bun, deno] = [workerOn("bun"), workerOn("deno")];
  const lost = await bun.firstRun;
  bun.process.kill("SIGKILL");
  say("you", `killed the worker on bun (kill -9), which runs ${lost}`);
  const stopped = await deno.firstRun;
  await tasks.cancel(stopped, { reason: "the demo says stop" });
  say("you", `cancelled ${stopped}, which runs on deno`);

  const ended = await allEnded(tasks, ids);
  console.log(`\n${queueTimeline(ended, runtimeOf)}\n`);
  for (const task of ended) {
    const should =
      task.id === last
        ? NEVER_STARTED
        : task.id === lost
          ? HANDED_ON
          : task.id === stopped
            ? STOPPED
            : DONE;
    if (!should.isSo(task)) throw new Error(`${task.id} should have ${should.words}`);
  }
  const { pending, delayed, running } = await tasks.queue(QUEUE);
  if (pending + delayed + running > 0) throw new Error("tasks are left in the queue");
  for (const runtime of ["node", "deno"] as const) await workerOn(runtime).shutDown();
  console.log("Every task ended as it should: 10 are done, one of them by a second worker.");

  function workerOn(runtime: Runtime): FrameWorker {
    const worker = workers.get(runtime);
    if (worker === undefined) throw new Error(`there is no worker on ${runtime}`);
    return worker;
  }

  function runtimeOf(id: string, attempt: number): string {
    const run = `${id}, attempt ${attempt}`;
    return [...workers].find(([, { runs }]) => runs.has(run))?.[0] ?? "nobody";
  }
}

interface Expected {
  readonly words: string;
  readonly isSo: (task: TaskState) => boolean;
}

const outcomesOf = ({ attempts }: TaskState) => attempts.map(({ outcome }) => outcome).join();

const NEVER_STARTED: Expected = {
  words: "been cancelled before it started",
  isSo: ({ status, attempt }) => status === "cancelled" && attempt === 0,
};
const STOPPED: Expected = {
  words: "been stopped by its worker, because it was cancelled",
  isSo: (task) =>
    task.status === "cancelled" &&
    outcomesOf(task) === "cancelled" &&
    task.cancellation?.acknowledgedAt != null,
};
const HANDED_ON: Expected = {
  words: "been lost by one worker and done by another",
  isSo: (task) => task.status === "succeeded" && outcomesOf(task) === "lost,succeeded",
};
const DONE: Expected = {
  words: "been done by its first worker",
  isSo: (task) => task.status === "succeeded" && outcomesOf(task) === "succeeded",
};

async function allEnded(tasks: TaskClient, ids: readonly string[]): Promise<TaskState[]> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  const states = await eventually(
    async () => {
      const read = await Promise.all(ids.map((id) => tasks.get(id)));
      return read.filter((task) => task !== null);
    },
    (read) => read.every(({ endedAt }) => endedAt !== null) || performance.now() > giveUpAtMs,
  );
  const left = states.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);
  if (left.length > 0) throw new Error(`did not end in time: ${left.join(", ")}`);
  return states;
}

interface FrameWorkerOptions extends QueueDemo {
  readonly runtime: Runtime;
  readonly url: string;
}

/** A process that runs scripts/demo-queue-worker.ts. */
class FrameWorker {
  /** The runs it has started: `frame-01, attempt 1`. */
  readonly runs = new Set<string>();
  /** The id of the first task that it runs. */
  readonly firstRun: Promise<string>;
  readonly process: ChildProcess;

  constructor({ runtime, url, signal, say }: FrameWorkerOptions) {
    const [command, ...args] = RUNTIMES[runtime];
    const script = fileURLToPath(new URL("demo-queue-worker.ts", import.meta.url));
    const child = spawn(command, [...args, script, url, QUEUE], { stdio: "pipe" });
    this.process = child;
    signal.addEventListener("abort", () => child.kill("SIGKILL"));
    const { promise, resolve } = Promise.withResolvers<string>();
    this.firstRun = promise;
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on("line", (line) => {
        say(runtime, line);
        const [, run = "", id = ""] = /^running ((\S+), attempt \d+)$/.exec(line) ?? [];
        if (run === "") return;
        this.runs.add(run);
        resolve(id);
      });
    }
  }

  /** Lets it shut down. Throws unless it exits with 0. */
  async shutDown(): Promise<void> {
    const ended = once(this.process, "close");
    this.process.stdin?.end();
    const [code, signal] = await ended;
    if (code !== 0) throw new Error(`a worker ended with ${signal ?? code}`);
  }
}
