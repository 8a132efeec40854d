import type { Bench } from "../bench.ts";
import { Pair, type Stand, untilAsleep, warmUp } from "../stand.ts";
import type { GrowthPoint, Sample } from "./figures.ts";

export type TaskCost = "toldP50Ms" | "toldP99Ms" | "readMs" | "coldMs" | "memoryKib";

const GROWTH_GROUP = "grow";
/** Each task has a WebSocket, and its object is asleep; so many are woken to be measured. */
const MAX_SAMPLE = 300;

/** The same measurements with ever more tasks, each number of them in services of its own. */
export async function measureGrowth(bench: Bench): Promise<GrowthPoint<TaskCost>[]> {
  const points: GrowthPoint<TaskCost>[] = [];
  for (const tasks of bench.size.growthTasks) {
    bench.say(`growth: ${tasks} tasks`);
    await using pair = await Pair.start(bench);
    const memory = await pair.atOnce((stand) =>
      memoryPerWatcher(bench, stand, { watch: "socket", group: GROWTH_GROUP, tasks }),
    );
    const cost = await pair.inTurn(async (stand) => ({
      ...(await measureCosts(bench, stand, Math.min(tasks, MAX_SAMPLE))),
      memoryKib: memory[stand.side],
    }));
    points.push({ count: tasks, cost });
  }
  return points;
}

async function measureCosts({ size }: Bench, { load }: Stand, sample: number) {
  const some = { group: `${GROWTH_GROUP}-0`, tasks: sample };
  const { told } = await load.do({ kind: "tell", ask: "writeAndTell", ...some });
  const { requests, connections, newTasks } = size;
  const read = await load.do({ kind: "ask", ask: "read", ...some, requests, connections });
  const cold = await load.do({
    kind: "ask",
    ask: "create",
    group: "cold",
    tasks: newTasks,
    requests: newTasks,
    connections: 1,
  });
  return {
    toldP50Ms: told.p50Ms,
    toldP99Ms: told.p99Ms,
    readMs: (read.answered.seconds * 1000) / read.answered.count,
    coldMs: cold.answered.p50Ms,
  };
}

/** Memory is not timed, so all four services are filled, and wait for their objects to sleep, at once. */
export async function measureMemory(bench: Bench): Promise<Sample[]> {
  const tasks = bench.size.memoryTasks;
  const measure = async (watch: "socket" | "poll"): Promise<Sample> => {
    await using pair = await Pair.start(bench);
    const { floor, product } = await pair.atOnce((stand) =>
      memoryPerWatcher(bench, stand, { watch, group: "memory", tasks }),
    );
    return { figure: `memory.${watch}`, floor, product, generatorShare: 0 };
  };
  return Promise.all([measure("socket"), measure("poll")]);
}

interface MemoryOptions {
  readonly watch: "socket" | "poll";
  readonly group: string;
  readonly tasks: number;
}

const KIB_BYTES = 1024;
const AT_ONCE = 500;
/**
 * So many are made before all have to be asleep: each takes four open files until then, each watch takes
 * one, and a service may have 20,000.
 */
const AWAKE = 2000;

/** What a service takes more with each parked watcher and its sleeping object, in KiB. */
async function memoryPerWatcher(
  bench: Bench,
  stand: Stand,
  { watch, group, tasks }: MemoryOptions,
): Promise<number> {
  await warmUp(bench, stand);
  const beforeBytes = stand.residentBytes;
  for (let first = 0; first < tasks; first += AT_ONCE) {
    if (first > 0 && first % AWAKE === 0) await untilAsleep(bench);
    const part = Math.min(AT_ONCE, tasks - first);
    await stand.run(`${group}-${first / AT_ONCE}`, part, watch);
  }
  await untilAsleep(bench);
  return (stand.residentBytes - beforeBytes) / KIB_BYTES / tasks;
}
