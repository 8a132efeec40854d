import type { Bench } from "../bench.ts";
import { Pair } from "../pair.ts";
import type { Stand } from "../stand.ts";
import type { GrowthPoint } from "./growth-point.ts";
import { memoryPerWatcher } from "./memory-per-watcher.ts";

const GROUP = "grow";
/** Each task has a WebSocket, and its object is asleep; so many are woken to be measured. */
const MAX_SAMPLE = 300;

/** The same measurements with ever more tasks, each number of them in services of its own. */
export async function measureGrowth(bench: Bench): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  for (const tasks of bench.size.growthTasks) {
    bench.say(`growth: ${tasks} tasks`);
    await using pair = await Pair.start(bench);
    const memory = await pair.atOnce((stand) =>
      memoryPerWatcher(bench, stand, { watch: "socket", group: GROUP, tasks }),
    );
    const cost = await pair.inTurn(async (stand) => ({
      ...(await costs(bench, stand, Math.min(tasks, MAX_SAMPLE))),
      memoryKib: memory[stand.side],
    }));
    points.push({ tasks, cost });
  }
  return points;
}

async function costs({ size }: Bench, { load }: Stand, sample: number) {
  const some = { group: `${GROUP}-0`, tasks: sample };
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
