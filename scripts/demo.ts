import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TaskClient, type TaskState } from "../worker-client/index.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { cuttableLine } from "./cuttable-line.ts";
import { receiptTable } from "./receipt-table.ts";
import { serveBundle } from "./serve-bundle.ts";
import { type DemoWorker, startDemoWorker } from "./start-demo-worker.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

const CUT_FOR_MS = 1500;

const end = new AbortController();

function say(who: string, what: string): void {
  const seconds = (performance.now() / 1000).toFixed(2).padStart(6);
  console.log(`${seconds} s  ${who.padEnd(8)}${what}`);
}

/** Three workers on three runtimes: one is cancelled while its line is cut. */
async function demo(): Promise<void> {
  const folder = temporaryFolder();
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder);
  const bundle = await bundleWorker({ folder, signal: end.signal });
  const service = await serveBundle({
    bundle,
    dataFolder,
    port: 0,
    vars: { AUTH: "none" },
    signal: end.signal,
  });
  const tasks = new TaskClient({ url: service.url });
  const line = await cuttableLine(service.url);
  say("service", `ready ${service.url}`);

  const bun = startWorker("bun", line.url);
  const others = [startWorker("node", service.url), startWorker("deno", service.url)];
  const workers = [...others, bun];
  const taskOf = async ({ id }: DemoWorker): Promise<TaskState> => {
    const task = await tasks.get(id);
    if (task === null) throw new Error(`the service does not know ${id}`);
    return task;
  };
  for (const { id } of workers) {
    await until(`${id} is watched`, async () => ((await tasks.get(id))?.watchers ?? 0) > 0);
  }

  line.cut();
  await until("the service sees the cut", async () => (await taskOf(bun)).watchers === 0);
  say("line", "cut: the worker on bun has lost its connection");

  const askedAtMs = Date.now();
  for (const { id } of workers) {
    const { status } = await tasks.cancel(id, { reason: "the demo says stop" });
    say("you", `cancelled ${id}, it is ${status}`);
  }
  await until("node and deno stop", () => others.every(hasEnded));
  await sleep(CUT_FOR_MS);
  if (hasEnded(bun) || (await taskOf(bun)).cancellation?.deliveredAt !== null) {
    throw new Error("the worker on bun heard of the cancel through a cut line");
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
  }
  console.log("All three workers stopped because they were cancelled.");
}

function startWorker(runtime: DemoWorker["runtime"], url: string): DemoWorker {
  const onLine = (text: string) => say(runtime, text);
  const worker = startDemoWorker({ runtime, id: `training-on-${runtime}`, url, onLine });
  end.signal.addEventListener("abort", () => worker.process.kill("SIGKILL"));
  return worker;
}

function hasEnded({ process }: DemoWorker): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

process.on("exit", () => end.abort());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}
try {
  await demo();
  process.exit(0);
} catch (error) {
  console.error(`the demo failed: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
