import { TestQueue } from "../../queues/harness.ts";
import type { Bench } from "../bench.ts";
import { Stopwatch } from "../load/stopwatch.ts";
import { Pair, type Stand, untilAsleep, warmUp } from "../stand.ts";
import type { Sample } from "./figures.ts";

/**
 * A queue, held against a floor that makes the same calls and writes: from a task's enqueue to the
 * parked worker that has it, and how fast workers empty a queue.
 */
export async function measureQueues(bench: Bench, pair: Pair): Promise<Sample[]> {
  const { size } = bench;
  const one = { kind: "queue", workers: 1 } as const;
  const handOver = await pair.inTurn(({ load }) =>
    load.do({ ...one, act: "hand over", queue: "hand-over", tasks: size.handOvers }),
  );
  const drained = await pair.inTurn(async ({ load }) => {
    const queue = { queue: "drain", tasks: size.drainTasks };
    await load.do({ ...one, ...queue, act: "fill" });
    return load.do({ kind: "queue", ...queue, act: "drain", workers: size.drainWorkers });
  });
  const waiting = await measureLongQueue(bench, pair.product);
  const perSecond = ({ answered }: typeof drained.floor) => answered.count / answered.seconds;
  const shareOf = ({ floor, product }: typeof drained) =>
    Math.max(floor.generatorShare, product.generatorShare);
  return [
    {
      figure: "queue.p50",
      floor: handOver.floor.told.p50Ms,
      product: handOver.product.told.p50Ms,
      generatorShare: shareOf(handOver),
    },
    {
      figure: "queue.rate",
      floor: perSecond(drained.floor),
      product: perSecond(drained.product),
      generatorShare: shareOf(drained),
    },
    waiting,
    await measureCore(size),
  ];
}

/** Claiming from a queue where many wait; in place of the floor stands one where few do. */
async function measureLongQueue(bench: Bench, { load }: Stand): Promise<Sample> {
  const { size } = bench;
  // The tasks that were drained are still awake.
  await untilAsleep(bench);
  const p50Ms: number[] = [];
  for (const tasks of size.waitingTasks) {
    const queue = { kind: "queue", queue: `waiting-${tasks}`, workers: 1 } as const;
    await load.do({ ...queue, act: "fill", tasks });
    const claim = { ...queue, act: "claim", tasks: Math.min(...size.waitingTasks) } as const;
    p50Ms.push((await load.do(claim)).answered.p50Ms);
  }
  const [floor = 0, product = 0] = p50Ms;
  return { figure: "queue.waiting", floor, product, generatorShare: 0 };
}

const WORDS_AT_ONCE = 100;
const WAITS = { kind: "waits", attempt: 0, priority: 0, availableAtMs: null } as const;

/** The same, on SQLite in memory: as many tasks as a service would need minutes to take. */
async function measureCore(size: Bench["size"]): Promise<Sample> {
  const p50Ms: number[] = [];
  for (const tasks of size.coreTasks) {
    const queue = new TestQueue();
    for (let first = 0; first < tasks; first += WORDS_AT_ONCE) {
      const length = Math.min(WORDS_AT_ONCE, tasks - first);
      await queue.core.hear(
        Array.from({ length }, (_, number) => ({ id: `task-${first + number}`, word: WAITS })),
      );
    }
    const watch = new Stopwatch();
    for (let claim = 0; claim < Math.min(...size.coreTasks); claim++) {
      const beganAtMs = performance.now();
      await queue.run(`holder-${claim}`);
      watch.note(beganAtMs, performance.now());
    }
    p50Ms.push(watch.timing().p50Ms);
  }
  const [floor = 0, product = 0] = p50Ms;
  return { figure: "queue.core", floor, product, generatorShare: 0 };
}

const KIB_BYTES = 1024;

/** What a worker takes that is parked at a queue in which nothing waits. */
export async function measureParkedWorkers(bench: Bench): Promise<Sample> {
  const { parkedWorkers } = bench.size;
  await using pair = await Pair.start(bench);
  const { floor, product } = await pair.atOnce(async (stand) => {
    await warmUp(bench, stand);
    const beforeBytes = stand.residentBytes;
    await stand.load.do({
      kind: "queue",
      act: "park",
      queue: "empty",
      tasks: 1,
      workers: parkedWorkers,
    });
    await untilAsleep(bench);
    return (stand.residentBytes - beforeBytes) / KIB_BYTES / parkedWorkers;
  });
  return { figure: "memory.claim", floor, product, generatorShare: 0 };
}
