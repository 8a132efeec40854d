import type { Bench } from "../bench.ts";
import { Pair } from "../pair.ts";
import { memoryPerWatcher } from "./memory-per-watcher.ts";
import type { Sample } from "./sample.ts";

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
