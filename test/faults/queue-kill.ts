import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../scripts/until.ts";
import { TaskClient, type TaskRun, type TaskState } from "../../worker-client/index.ts";
import { SeededRandom } from "../lab/seeded-random.ts";
import { concurrently, TestService } from "./harness.ts";
import type { Violation } from "./history/invariants.ts";
import { type LoggedRun, overlapsIn } from "./run-log.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "./scenario.ts";

const QUEUE = "gpu";
const TASKS_PER_ROUND = 40;
const WORKERS = 4;
const CONCURRENCY = 3;
const MAX_RUNNING = 8;
const LEASE_SECONDS = 10;
const LONGEST_WORK_MS = 400;
/** A task that its queue has lost puts itself back after a minute, and a slot is checked as late. */
const PATIENCE_MS = 180_000;
const READERS = 16;

/** `kill -9` of the service while workers empty a queue, again and again, on the same state. */
export const queueKill: Scenario = {
  about: "kill -9 of workerd while workers empty a queue, and a restart on the same folder",
  rounds: { full: 30, short: 3 },
  run: runQueueKill,
};

async function runQueueKill(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, folder, progress, signal } = context;
  const random = new SeededRandom(seed);
  await using service = await TestService.start({ folder, signal });
  const client = new TaskClient({ url: service.url });
  await client.setQueue(QUEUE, { maxRunning: MAX_RUNNING });
  const log = new Map<string, LoggedRun[]>();
  let ended = Promise.withResolvers<void>();

  async function work({ id, attempt, signal: stopped }: TaskRun): Promise<object> {
    const run: LoggedRun = {
      name: `attempt ${attempt}`,
      beganAtMs: Date.now(),
      endedAtMs: null,
      gaps: [],
    };
    log.set(id, [...(log.get(id) ?? []), run]);
    try {
      await sleep(random.whole(0, LONGEST_WORK_MS), null, { signal: stopped });
      return { attempt };
    } finally {
      run.endedAtMs = Date.now();
      ended.resolve();
    }
  }

  const stop = new AbortController();
  const options = { concurrency: CONCURRENCY, leaseSeconds: LEASE_SECONDS, signal: stop.signal };
  const workers = Array.from({ length: WORKERS }, () =>
    new TaskClient({ url: service.url }).work(QUEUE, work, { ...options, onError() {} }),
  );
  const ids: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    const own = Array.from({ length: TASKS_PER_ROUND }, (_, task) => ({
      id: `kill-${round}-${task}`,
      gracePeriodSeconds: 1,
      backoffSeconds: 0,
      maxAttempts: 20,
    }));
    await client.enqueue(QUEUE, own);
    ids.push(...own.map(({ id }) => id));
    for (let runs = random.whole(1, TASKS_PER_ROUND / 2); runs > 0; runs--) {
      await ended.promise;
      ended = Promise.withResolvers();
    }
    await service.kill();
    await service.restart();
    progress(`round ${round} of ${rounds}`);
    signal.throwIfAborted();
  }
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  const state = await eventually(
    () => client.queue(QUEUE),
    ({ pending, delayed, running }) => pending + delayed + running === 0 || Date.now() > giveUpAtMs,
  );
  const violations: Violation[] = [];
  if (state.pending + state.delayed + state.running > 0) {
    violations.push({ invariant: "no slot leaks", detail: JSON.stringify(state) });
  }
  await concurrently(ids, READERS, async (id) => {
    violations.push(...wrongAbout(id, await client.get(id), log.get(id) ?? []));
  });
  stop.abort();
  await Promise.all(workers);
  const runs = [...log.values()].flat().length;
  return { did: `${rounds} kills, ${runs} runs of ${ids.length} tasks`, violations };
}

function wrongAbout(id: string, task: TaskState | null, runs: readonly LoggedRun[]): Violation[] {
  const overlaps = overlapsIn(runs, Date.now()).map((detail) => `${id}: ${detail}`);
  return [
    ...overlaps.map((detail) => ({ invariant: "overlap", detail }) as const),
    ...(task?.status === "succeeded"
      ? []
      : [{ invariant: "no task lost", detail: `${id} is ${task?.status ?? "unknown"}` } as const]),
    ...(JSON.stringify(task?.result) === JSON.stringify({ attempt: task?.attempt })
      ? []
      : [{ invariant: "I5", detail: `${id}: ${JSON.stringify(task?.result)}` } as const]),
  ];
}
