import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../scripts/until.ts";
import { TaskClient } from "../../../worker-client/index.ts";
import type { BilledCounts } from "./billed-counts.ts";
import type { Lab } from "./lab.ts";
import { mapCounts } from "./map-counts.ts";
import { meteredService } from "./metered-service.ts";
import type { Mode } from "./mode.ts";

/** From the last request of the opening until everything that comes of it is over. */
const AFTERMATH_MS = 300;

/** A metered service whose tasks are all watched. */
export interface OpenWatches extends AsyncDisposable {
  readonly mode: Mode;
  readonly service: Awaited<ReturnType<typeof meteredService>>;
  readonly ids: readonly string[];
  /** What one watch cost to be opened. */
  readonly opening: BilledCounts;
  /** Rejects if a watch fails. */
  readonly watching: Promise<void>;
}

/** Serves a metered build, starts tasks on it, and opens a watch for each. */
export async function openWatches(mode: Mode, lab: Lab): Promise<OpenWatches> {
  await using end = new AsyncDisposableStack();
  const service = await meteredService(mode.build, lab);
  end.defer(() => service.stop());
  const ids = Array.from({ length: lab.tasks }, (_, number) => `task-${number}`);
  if (mode.build === "service") await startTasks(service.url, ids, mode.timeoutSeconds);

  const before = await service.read();
  const endWatches = new AbortController();
  end.defer(() => endWatches.abort());
  const signal = AbortSignal.any([lab.signal, endWatches.signal]);
  const watching = mode.watch({ url: service.url, ids, signal });
  // Whoever measures races with it; until then its failure must not end the process.
  watching.catch(() => {});
  const areOpen = until("every watch is open", async () => {
    const { objectRequests } = await service.read();
    return objectRequests >= before.objectRequests + ids.length;
  });
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
  timeoutSeconds: number | null,
): Promise<void> {
  const client = new TaskClient({ url });
  await Promise.all(
    ids.map(async (id) => {
      await client.declare(id, { timeoutSeconds: timeoutSeconds ?? undefined });
      await client.start(id, { holder: "the cost meter" });
    }),
  );
}
