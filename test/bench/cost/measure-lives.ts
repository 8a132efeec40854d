import { setTimeout as sleep } from "node:timers/promises";
import { TaskClient } from "../../../worker-client/index.ts";
import { type BilledCounts, mapCounts } from "./billing.ts";
import { type Life, SETTINGS, type Setting, type World } from "./lives.ts";
import { type Lab, type MeteredService, meteredService } from "./metered-service.ts";
import { ReceivedEvents } from "./received-events.ts";

/** What came of one life. */
export interface LifeMeasurement {
  readonly life: Life;
  /** How many tasks lived. */
  readonly tasks: number;
  /** What it costs one task; without what it costs beside, if that is not asked for. */
  readonly each: BilledCounts;
}

/** Enough that each object of the directory knows one of them, and has a table for the day. */
const FIRST_TASKS = 60;

/** Measures what happens to tasks, one life after the other, each where it is at home. */
export async function measureLives(
  lives: readonly Life[],
  lab: Lab,
  onProgress: (line: string) => void,
): Promise<LifeMeasurement[]> {
  await using end = new AsyncDisposableStack();
  const events = end.use(new ReceivedEvents());
  await events.listen();
  const serve = async (setting: Setting) => {
    const service = await meteredService("service", lab, SETTINGS[setting]);
    end.defer(() => service.stop());
    const client = new TaskClient({ url: service.url });
    for (let first = 0; first < FIRST_TASKS; first++) await client.declare(`first-${first}`);
    await settled(service, lab.signal);
    return service;
  };
  const [plain, directory, webhooks] = await Promise.all([
    serve("plain"),
    serve("directory"),
    serve("webhooks"),
  ]);
  const services = { plain, directory, webhooks };

  const measured: LifeMeasurement[] = [];
  for (const [number, life] of lives.entries()) {
    onProgress(life.name);
    const { setting, live, beside } = life;
    const counted = await liveIn(services[setting], { live, events, prefix: `with-${number}-` });
    const uncounted =
      beside &&
      (await liveIn(services[beside.setting], { ...beside, events, prefix: `beside-${number}-` }));
    // Where there is no difference, the time that it took differs a little.
    const each = mapCounts((name) =>
      Math.max(0, (counted[name] - (uncounted?.[name] ?? 0)) / lab.tasks),
    );
    measured.push({ life, tasks: lab.tasks, each });
  }
  return measured;

  async function liveIn(
    service: MeteredService,
    { live, ...some }: Pick<Life, "live"> & Pick<World, "prefix" | "events">,
  ): Promise<BilledCounts> {
    const ids = Array.from({ length: lab.tasks }, (_, task) => `${some.prefix}${task}`);
    let counts: BilledCounts | null = null;
    await live({
      ...some,
      url: service.url,
      client: new TaskClient({ url: service.url }),
      ids,
      settled: (quietMs) => settled(service, lab.signal, quietMs),
      async count(act) {
        const before = await service.read();
        await act();
        const after = await service.read();
        counts = mapCounts((name) => after[name] - before[name]);
      },
    });
    if (counts === null) throw new Error("a life has counted nothing");
    return counts;
  }
}

const QUIET_MS = 50;
const LOOK_EVERY_MS = 10;

/** Resolves once a service has done nothing for so long. What it is at work on, its meter sees. */
async function settled(
  service: MeteredService,
  signal: AbortSignal,
  quietMs = QUIET_MS,
): Promise<void> {
  let { sinceMs, seen } = { sinceMs: performance.now(), seen: "" };
  while (performance.now() - sinceMs < quietMs) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    const { inAction, inMemory: _, constructions: __, ...counts } = await service.read();
    const sees = JSON.stringify(counts);
    if (inAction > 0 || sees !== seen) sinceMs = performance.now();
    seen = sees;
  }
}
