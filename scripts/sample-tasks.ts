import { setTimeout as sleep } from "node:timers/promises";
import type { Route } from "playwright-core";
import { TaskClient } from "../worker-client/index.ts";
import type { TaskPage, TaskSummary } from "../worker-client/protocol-directory.ts";

/** The task that is being cancelled while its screenshot is taken. */
export const SAMPLE = "train-resnet-50.run-7";

/** The sample tasks: id, end, and why it was cancelled. */
const SAMPLES = [
  ["nightly-report-2026-11-25", "succeeded"],
  ["sweep-lr=0.001", "running"],
  ["build-4697", "failed"],
  ["build-4698", "cancelled", "superseded by build-4699"],
  ["render-scene-12", "running"],
  ["transcode-8813", "succeeded"],
  ["transcode-8814", "cancelled", "wrong preset"],
  ["embed-corpus-3", "running"],
  ["etl.orders.2026-11-25", "succeeded"],
  ["sweep-lr=0.003", "running"],
  ["index-docs:full", "unconfirmed", "disk full on indexer-2"],
  ["sweep-lr=0.010", "cancelled", "diverged"],
  ["render-scene-13", "running"],
  ["build-4699", "failed"],
  ["build-4700", "running"],
] as const;

/** Creates tasks such as a team might have, each with its end. */
export async function addSampleTasks(url: string): Promise<void> {
  const tasks = new TaskClient({ url });
  for (const [id, end, reason] of SAMPLES) {
    const { attempt } = await tasks.start(id, { holder: `worker-${id}` });
    const holder = `worker-${id}`;
    if (end === "running") continue;
    if (end === "succeeded" || end === "failed") {
      await tasks.finish(id, { attempt, holder, status: end });
    } else {
      const gracePeriodSeconds = end === "cancelled" ? 30 : 0;
      await tasks.cancel(id, { reason, gracePeriodSeconds });
      if (end === "cancelled") await tasks.finish(id, { attempt, holder, status: "cancelled" });
    }
  }
  const queued = ["a", "b", "c", "d", "e"].map((end) => ({ id: `train-bert.${end}` }));
  await tasks.enqueue("gpu", queued);
  await tasks.claim("gpu", { holder: "gpu-box-1" });
  await tasks.claim("gpu", { holder: "gpu-box-2" });
  await tasks.setQueue("gpu", { maxRunning: 4 });
}

/**
 * Runs the sample task: it fails once, is retried, and is cancelled while a worker runs it that does not
 * stop. Then fills the queue until the signal aborts.
 */
export async function cancelSample(url: string, signal: AbortSignal): Promise<void> {
  const tasks = new TaskClient({ url });
  await tasks.declare(SAMPLE, {
    maxAttempts: 3,
    backoffSeconds: 1,
    gracePeriodSeconds: 40,
    metadata: { owner: "vision", commit: "4f1c2ab" },
    input: { dataset: "s3://images/2026", epochs: 90, batch: 512 },
  });
  const first = await tasks.start(SAMPLE, { holder: "gpu-box-3" });
  await sleep(1500);
  await tasks.finish(SAMPLE, {
    attempt: first.attempt,
    status: "failed",
    error: { type: "CUDAOutOfMemory", message: "tried to allocate 2.5 GiB" },
    retryAfterSeconds: 1,
  });
  await sleep(1200);
  const { attempt } = await tasks.start(SAMPLE, { holder: "gpu-box-4", leaseSeconds: 60 });
  const progress = { percent: 42, checkpoint: "epoch-38.pt" };
  await tasks.heartbeat(SAMPLE, { attempt, holder: "gpu-box-4", progress });
  using _watch = tasks.watch(SAMPLE, { run: { attempt, holder: "gpu-box-4" } });
  await sleep(2500);
  await tasks.cancel(SAMPLE, { reason: "wrong labels in the validation split" });
  for (let number = 1; !signal.aborted; number++) {
    await tasks.enqueue("gpu", [{ id: `train-gpt.${number}` }]);
    await sleep(900);
  }
}

const MINUTE_MS = 60_000;

/** Makes the running times of the tasks in a list longer, each by a different amount. */
export async function ageList(route: Route): Promise<void> {
  const response = await route.fetch();
  const page: TaskPage = await response.json();
  const tasks = page.tasks.map((task, index) => aged(task, (index * index * 7 + 3) * MINUTE_MS));
  await route.fulfill({ response, json: { ...page, tasks } });
}

function aged(task: TaskSummary, ms: number): TaskSummary {
  if (task.startedAt === null) return task;
  const startedAt = new Date(Date.parse(task.startedAt) - ms / 3).toISOString();
  return { ...task, startedAt };
}
