import { setTimeout as sleep } from "node:timers/promises";
import { TaskClient } from "../../../worker-client/index.ts";
import type { Lab } from "./lab.ts";
import { mapCounts } from "./map-counts.ts";
import type { Measurement } from "./measurement.ts";
import type { OpenWatches } from "./open-watches.ts";

const HOUR_SECONDS = 3600;
const SAMPLE_EVERY_MS = 1000;

/** Lets the watches be, counts what they cost for a while, and scales it to an hour of one watch. */
export async function measureWatches(watches: OpenWatches, lab: Lab): Promise<Measurement> {
  return Promise.race([
    measure(watches, lab),
    watches.watching.then(() => {
      throw new Error(`${watches.mode.name}: the watches have ended`);
    }),
  ]);
}

async function measure(watches: OpenWatches, lab: Lab): Promise<Measurement> {
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
