import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../scripts/until.ts";
import { TaskClient } from "../../../worker-client/index.ts";
import { type BilledCounts, mapCounts } from "./billing.ts";
import { type Lab, meteredService } from "./metered-service.ts";
import { HOLDER, type Mode } from "./modes.ts";

/** What came of one mode. */
export interface Measurement {
  readonly mode: Mode;
  /** How many tasks were watched, and for how long they were counted. */
  readonly tasks: number;
  readonly windowSeconds: number;
  /** What one watch costs once, to be opened. */
  readonly opening: BilledCounts;
  /** What one watch costs in each hour. */
  readonly hour: BilledCounts;
  /** How long a watched object is in memory, in seconds of each hour. */
  readonly inMemorySeconds: number;
  /** The most objects that were in memory at once, in all the window. */
  readonly mostInMemory: number;
  /** What the objects said when they were asked after the window; null: the build cannot be asked. */
  readonly asked: Asked | null;
}

interface Asked {
  /** Watchers that the objects know of: the watches were really there. */
  readonly watchers: number;
  /** Objects that had to be constructed again: they had really been gone. */
  readonly constructions: number;
}

/** Measures every mode: opens them one after another, then counts them all at the same time. */
export async function measureModes(
  modes: readonly Mode[],
  lab: Lab,
  onProgress: (line: string) => void,
): Promise<Measurement[]> {
  await using end = new AsyncDisposableStack();
  const measuring: Promise<Measurement>[] = [];
  for (const mode of modes) {
    const watches = end.use(await openWatches(mode, lab));
    onProgress(`${mode.name}: ${lab.tasks} watches are open`);
    const measured = measureWatches(watches, lab);
    // It is awaited below; until then its failure must not end the process.
    measured.catch(() => {});
    measuring.push(measured);
  }
  onProgress(`counting: ${lab.settleSeconds} s to settle, then ${lab.windowSeconds} s or more`);
  return await Promise.all(measuring);
}

/** From the last request of the opening until everything that comes of it is over. */
const AFTERMATH_MS = 300;

/** A metered service whose tasks are all watched. */
interface OpenWatches extends AsyncDisposable {
  readonly mode: Mode;
  readonly service: Awaited<ReturnType<typeof meteredService>>;
  readonly ids: readonly string[];
  /** What one watch cost to be opened. */
  readonly opening: BilledCounts;
  /** Rejects if a watch fails. */
  readonly watching: Promise<void>;
}

/** Serves a metered build, starts tasks on it, and opens a watch for each. */
async function openWatches(mode: Mode, lab: Lab): Promise<OpenWatches> {
  await using end = new AsyncDisposableStack();
  const service = await meteredService(mode.build, lab);
  end.defer(() => service.stop());
  const ids = Array.from({ length: lab.tasks }, (_, number) => `task-${number}`);
  if (mode.build === "service") await startTasks(service.url, ids, mode);

  const before = await service.read();
  const endWatches = new AbortController();
  end.defer(() => endWatches.abort());
  const signal = AbortSignal.any([lab.signal, endWatches.signal]);
  const watching = mode.watch({ url: service.url, ids, signal });
  // Whoever measures races with it; until then its failure must not end the process.
  watching.catch(() => {});
  const areOpen = eventually(
    () => service.read(),
    ({ objectRequests }) => objectRequests >= before.objectRequests + ids.length,
  );
  await Promise.race([areOpen, watching]);
  await sleep(AFTERMATH_MS, undefined, { signal });
  const after = await service.read();

  const later = end.move();
  return {
    mode,
    service,
    ids,
    opening: mapCounts((name) => (after[name] - before[name]) / ids.length),
    watching,
    [Symbol.asyncDispose]: () => later.disposeAsync(),
  };
}

async function startTasks(
  url: string,
  ids: readonly string[],
  { timeoutSeconds, leaseSeconds }: Mode,
): Promise<void> {
  const client = new TaskClient({ url });
  for (const id of ids) {
    await client.declare(id, { timeoutSeconds: timeoutSeconds ?? undefined });
    if (leaseSeconds === null) await client.start(id, { holder: HOLDER });
    else await startWithLease(`${url}/v1/tasks/${id}/start`, leaseSeconds);
  }
}

async function startWithLease(url: string, leaseSeconds: number): Promise<void> {
  const body = JSON.stringify({ holder: HOLDER, leaseSeconds });
  const started = await fetch(url, { method: "POST", body });
  if (!started.ok) throw new Error(`a start was answered ${started.status}`);
  await started.body?.cancel();
}

const HOUR_SECONDS = 3600;
const SAMPLE_EVERY_MS = 1000;

/** Lets the watches be, counts what they cost for a while, and scales it to an hour of one watch. */
async function measureWatches(watches: OpenWatches, lab: Lab): Promise<Measurement> {
  return Promise.race([
    measureWindow(watches, lab),
    watches.watching.then(() => {
      throw new Error(`${watches.mode.name}: the watches have ended`);
    }),
  ]);
}

async function measureWindow(watches: OpenWatches, lab: Lab): Promise<Measurement> {
  const { mode, service, ids, opening } = watches;
  const { signal } = lab;
  const { periodSeconds } = mode;
  // Watches that were opened together act together. In the middle between two times that they do, a
  // little lateness does not carry any of it over the edge of the window.
  const settlePeriods = Math.ceil(lab.settleSeconds / periodSeconds - 0.5) + 0.5;
  await sleep(settlePeriods * periodSeconds * 1000, undefined, { signal });

  const periods = Math.ceil(lab.windowSeconds / periodSeconds);
  const before = await service.read();
  const beginsAtMs = performance.now();
  const endsAtMs = beginsAtMs + periods * periodSeconds * 1000;
  const inMemory = [before.inMemory];
  while (endsAtMs - performance.now() > SAMPLE_EVERY_MS) {
    await sleep(SAMPLE_EVERY_MS, undefined, { signal });
    inMemory.push((await service.read()).inMemory);
  }
  await sleep(Math.max(0, endsAtMs - performance.now()), undefined, { signal });
  const after = await service.read();
  const windowSeconds = (performance.now() - beginsAtMs) / 1000;

  const watchedHours = (ids.length * windowSeconds) / HOUR_SECONDS;
  const meanInMemory = inMemory.reduce((sum, count) => sum + count) / inMemory.length;
  return {
    mode,
    tasks: ids.length,
    windowSeconds,
    opening,
    hour: mapCounts((name) => (after[name] - before[name]) / watchedHours),
    inMemorySeconds: (meanInMemory / ids.length) * HOUR_SECONDS,
    mostInMemory: Math.max(...inMemory),
    asked: mode.build === "service" ? await askObjects(watches, after.constructions) : null,
  };
}

/** Asks the object of every task how many watch it, which wakes the ones that sleep. */
async function askObjects(
  { service, ids }: OpenWatches,
  constructionsBefore: number,
): Promise<Measurement["asked"]> {
  const client = new TaskClient({ url: service.url });
  const tasks = await Promise.all(ids.map((id) => client.get(id)));
  const { constructions } = await service.read();
  return {
    watchers: tasks.reduce((sum, task) => sum + (task?.watchers ?? 0), 0),
    constructions: constructions - constructionsBefore,
  };
}
