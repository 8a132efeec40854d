import type { TaskState } from "../../../worker-client/index.ts";
import { badLuck } from "./bad-luck.ts";
import { cancelAndRead } from "./cancel-and-read.ts";
import { makeCall } from "./make-call.ts";
import { newClient } from "./new-client.ts";
import { runWorker } from "./run-worker.ts";
import { watchTask } from "./watch-task.ts";
import { workByHand } from "./work-by-hand.ts";
import type { World } from "./world.ts";

const CALM_MS = 180_000;

/** Everything that people and programs do in the world of a seed, and until when. */
export function live(world: World): { readonly endsAtMs: number; close(): void } {
  const { random, scheduler, service, workers, canceller, coverage } = world;
  const { healsAtMs } = world.weather;
  const closes: (() => void)[] = [];
  badLuck(world);
  if (random.percent(60)) {
    service.command({
      type: "declare",
      timeoutSeconds: random.percent(50) ? random.whole(5, 300) : null,
      gracePeriodSeconds: random.percent(50) ? random.whole(1, 60) : null,
      retentionSeconds: random.percent(40) ? random.whole(0, 60) : null,
      metadata: {},
    });
  }
  for (const worker of random.percent(60) ? workers : workers.slice(0, 1)) {
    const latestMs = worker === workers[0] ? 10_000 : healsAtMs + 60_000;
    const shortMs = random.whole(1000, 200_000);
    const longUntilMs = random.percent(30) ? healsAtMs + random.whole(0, CALM_MS + 100_000) : 0;
    const kind = random.one(["run", "run", "run", "run", "watch", "watch", "by hand"]);
    coverage.count(`worker: ${kind}`);
    const begin = () => {
      const workMs = Math.max(shortMs, longUntilMs - scheduler.nowMs);
      if (kind === "run") void runWorker(world, workMs);
      else if (kind === "by hand") void workByHand(world, shortMs);
      else closes.push(watchTask(world));
    };
    scheduler.later(random.whole(0, latestMs), begin, worker);
  }
  const known: (TaskState | null)[] = [];
  const cancels = random.one([0, 1, 1, 2]);
  for (let cancel = 0; cancel < cancels; cancel++) {
    const atMs = random.percent(25)
      ? healsAtMs + CALM_MS + random.whole(0, 60_000)
      : random.whole(5_000, healsAtMs + 60_000);
    scheduler.later(atMs, () => void cancelAndRead(world, known), canceller);
  }
  if (random.percent(40)) {
    const forget = () => void makeCall(world, "forget", () => newClient(true).forget(service.id));
    scheduler.later(random.whole(0, healsAtMs + 200_000), forget, canceller);
  }
  return {
    endsAtMs: healsAtMs + 2 * CALM_MS + 120_000,
    close() {
      for (const close of closes) close();
    },
  };
}
