import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { RequestRefusedError, TaskClient, type TaskState } from "../worker-client/index.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { cuttableLine } from "./cuttable-line.ts";
import { mintToken } from "./mint-token.ts";
import { receiptTable } from "./receipt-table.ts";
import { serveBundle } from "./serve-bundle.ts";
import { type DemoWorker, startDemoWorker } from "./start-demo-worker.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

const CUT_FOR_MS = 1500;
const TOKEN_TTL_SECONDS = 600;
const HELP = `Three workers on Node, Deno and Bun are cancelled, one of them while its line is cut.

  npm run demo [-- --auth]

  --auth  on a closed service: each worker has a token for its own task only
  --help  this text`;

const end = new AbortController();

function say(who: string, what: string): void {
  const seconds = (performance.now() / 1000).toFixed(2).padStart(6);
  console.log(`${seconds} s  ${who.padEnd(8)}${what}`);
}

/** Three workers on three runtimes: one is cancelled while its line is cut. */
async function demo(secret: string | null): Promise<void> {
  const folder = temporaryFolder();
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder);
  const bundle = await bundleWorker({ folder, signal: end.signal });
  const service = await serveBundle({
    bundle,
    dataFolder,
    port: 0,
    vars: secret === null ? { AUTH: "none" } : { AUTH_SECRET: secret },
    signal: end.signal,
  });
  const tokenFor = (subject: string, scope: string, pattern: string) =>
    secret &&
    mintToken(
      secret,
      { subject, scope, tasks: [pattern], ttlSeconds: TOKEN_TTL_SECONDS },
      Date.now(),
    );
  const token = await tokenFor("you@demo", "watch cancel", "training-*");
  const tasks = new TaskClient({ url: service.url, ...(token && { token }) });
  const line = await cuttableLine(service.url);
  say(
    "service",
    `ready ${service.url}, ${secret === null ? "open to anybody" : "closed: it asks for tokens"}`,
  );

  const startWorker = async (runtime: DemoWorker["runtime"], url: string) => {
    const id = `training-on-${runtime}`;
    const ownToken = await tokenFor(`worker-on-${runtime}`, "work cancel", id);
    const onLine = (text: string) => say(runtime, text);
    const worker = startDemoWorker({ runtime, id, url, token: ownToken, onLine });
    end.signal.addEventListener("abort", () => worker.process.kill("SIGKILL"));
    return worker;
  };
  const bun = await startWorker("bun", line.url);
  const others = [await startWorker("node", service.url), await startWorker("deno", service.url)];
  const workers = [...others, bun];
  const taskOf = async ({ id }: DemoWorker): Promise<TaskState> => {
    const task = await tasks.get(id);
    if (task === null) throw new Error(`the service does not know ${id}`);
    return task;
  };
  for (const { id } of workers) {
    await until(`${id} is watched`, async () => ((await tasks.get(id))?.watchers ?? 0) > 0);
  }

  if (secret !== null) {
    const nodeToken = (await tokenFor("worker-on-node", "work cancel", "training-on-node")) ?? "";
    const refusal = await refusalOf(new TaskClient({ url: service.url, token: nodeToken }), bun.id);
    if ((await taskOf(bun)).cancellation !== null)
      throw new Error(`${bun.id} was cancelled by node`);
    say("node", `tried to cancel ${bun.id}, and was refused: ${refusal}`);
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

/** What the service says to who tries to cancel the task of another worker. */
async function refusalOf(tasks: TaskClient, id: string): Promise<string> {
  try {
    await tasks.cancel(id, { reason: "not mine" });
  } catch (error) {
    if (error instanceof RequestRefusedError) return `${error.status}`;
    throw error;
  }
  throw new Error(`a worker could cancel ${id}, the task of another one`);
}

function hasEnded({ process }: DemoWorker): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

process.on("exit", () => end.abort());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}
try {
  const { values } = parseArgs({
    options: { auth: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) console.log(HELP);
  else await demo(values.auth ? randomBytes(32).toString("base64") : null);
  process.exit(0);
} catch (error) {
  console.error(`the demo failed: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
