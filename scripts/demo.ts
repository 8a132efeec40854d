import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { TaskClient, type TaskState } from "../worker-client/index.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { queueDemo } from "./demo-queue.ts";
import {
  type DemoAccess,
  type DemoWorker,
  demoAccess,
  requireRuntimes,
  showRefusals,
  startDemoWorker,
} from "./demo-steps.ts";
import { FaultyLine } from "./faulty-line.ts";
import { temporaryFolder } from "./folders.ts";
import { serveBundle } from "./serve-bundle.ts";
import { receiptTable } from "./text-table.ts";
import { until } from "./until.ts";

const HELP = `Cancels three workers, on Node, Deno and Bun, one of them while its connection is cut. Takes five seconds.

  npm run demo -- [--auth | --queue]

  --auth  closes the service with a secret made for this run: each worker has a token for its own task,
          cancelling another's is refused, and the receipt names who cancelled
  --queue shows a queue instead, with 12 tasks and three workers: one worker is killed (kill -9) and its
          task handed on, one task is cancelled in the queue and one while it runs. Takes 20 seconds
  --help  this text`;

interface DemoOptions {
  /** Whether the service requires tokens. */
  readonly isClosed: boolean;
  /** Whether to show a queue instead. */
  readonly hasQueue: boolean;
}

/** Parses the options of `npm run demo`. For `--help`, prints the help and returns null. */
function demoOptions(): DemoOptions | null {
  const { values } = parseArgs({
    options: {
      auth: { type: "boolean", default: false },
      queue: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.auth && values.queue) throw new Error("--auth and --queue are two demos: choose one");
  if (!values.help) return { isClosed: values.auth, hasQueue: values.queue };
  console.log(HELP);
  return null;
}

const CUT_FOR_MS = 1500;

type Runtime = DemoWorker["runtime"];

const end = new AbortController();

function say(who: string, what: string): void {
  const seconds = (performance.now() / 1000).toFixed(2).padStart(6);
  console.log(`${seconds} s  ${who.padEnd(8)}${what}`);
}

/** Cancels three workers on three runtimes, one of them while its connection is cut. */
async function demo(access: DemoAccess): Promise<void> {
  const folder = temporaryFolder();
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder);
  const bundle = await bundleWorker({ folder });
  const { vars, tokenFor } = access;
  const service = await serveBundle({ bundle, dataFolder, port: 0, vars, signal: end.signal });
  const { url } = service;
  const line = await FaultyLine.open(url);
  say("service", `ready ${url}`);
  say("service", access.summary);

  const startWorker = async (runtime: Runtime, at: string, scope = "work") => {
    const grant = { subject: `${runtime}@demo`, scope, tasks: [idOn(runtime)] };
    return follow(runtime, at, await tokenFor(grant));
  };
  const bun = await startWorker("bun", line.url);
  const node = await startWorker("node", url, "work cancel");
  const deno = await startWorker("deno", url);
  const others = [node, deno];
  const workers = [...others, bun];
  const ids = workers.map(({ id }) => id);
  const you = { subject: "you@demo", scope: "watch cancel", tasks: ids };
  const tasks = new TaskClient({ url, token: await tokenFor(you) });
  const taskOf = async ({ id }: DemoWorker): Promise<TaskState> => {
    const task = await tasks.get(id);
    if (task === null) throw new Error(`the service does not know ${id}`);
    return task;
  };
  for (const id of ids) {
    await until(`${id} is watched`, async () => ((await tasks.get(id))?.watchers ?? 0) > 0);
  }

  if (access.isClosed) {
    await showRefusals({ url, canceller: node, other: deno, say });
    if ((await taskOf(deno)).cancellation !== null) throw new Error(`${deno.id} is cancelled`);
  }

  line.cut();
  await until("the service sees the cut", async () => (await taskOf(bun)).watchers === 0);
  say("line", "cut: the worker on bun has lost its connection");

  const askedAtMs = Date.now();
  for (const id of ids) {
    const { status } = await tasks.cancel(id, { reason: "the demo says stop" });
    say("you", `cancelled ${id}, it is ${status}`);
  }
  await until("node and deno stop", () => others.every(hasEnded));
  await sleep(CUT_FOR_MS);
  if (hasEnded(bun) || (await taskOf(bun)).cancellation?.deliveredAt !== null) {
    throw new Error("the worker on bun heard of the cancel although its connection was cut");
  }

  line.restore();
  say("line", `restored, ${Date.now() - askedAtMs} ms after the cancels`);
  await until("bun stops", () => hasEnded(bun));

  const ended = await Promise.all(
    workers.map(async (worker) => ({ worker, task: await taskOf(worker) })),
  );
  console.log(`\n${receiptTable(ended)}\n`);
  for (const { worker, task } of ended) {
    if (worker.process.exitCode !== 0 || task.cancellation?.acknowledgedAt == null) {
      throw new Error(`${worker.id} did not stop because of the cancel`);
    }
    if (access.isClosed && task.cancellation.requestedBy !== you.subject) {
      throw new Error(`the receipt of ${worker.id} does not say that you cancelled it`);
    }
  }
  console.log("All three workers stopped because they were cancelled.");
}

function follow(runtime: Runtime, url: string, token: string | undefined): DemoWorker {
  const onLine = (text: string) => say(runtime, text);
  const worker = startDemoWorker({ runtime, id: idOn(runtime), url, token, onLine });
  end.signal.addEventListener("abort", () => worker.process.kill("SIGKILL"));
  return worker;
}

function idOn(runtime: Runtime): string {
  return `training-on-${runtime}`;
}

function hasEnded({ process }: DemoWorker): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

process.on("exit", () => end.abort());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}
try {
  const options = demoOptions();
  if (options !== null) requireRuntimes();
  if (options?.hasQueue) await queueDemo({ signal: end.signal, say });
  else if (options !== null) await demo(demoAccess(options));
  process.exit(0);
} catch (error) {
  console.error(`the demo failed: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
