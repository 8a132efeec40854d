import type { Bench } from "../bench.ts";
import { type Pair, Stand, untilAsleep, warmUp } from "../stand.ts";
import type { Sample } from "./figures.ts";

/** A parent tells so many children at once; the single cancels are sent so as well. */
const AT_ONCE = 100;
const MAKERS = 16;
/** Each child holds three files open until it is asleep, and a service may have 20,000. */
const MADE_TOGETHER = 5000;
/** Of many children, one in so many is watched: each holds three files open once it is told. */
const WATCHED_SHARE = 0.1;

/**
 * A parent is cancelled, until the last watcher of its children is told; in place of the floor stand as
 * many single cancels, sent with the same concurrency. All of the tasks are asleep before.
 */
export async function measureTree(bench: Bench, _pair: Pair, round: number): Promise<Sample[]> {
  const tasks = bench.size.children;
  await using stand = await Stand.start(bench, "product");
  await warmUp(bench, stand);
  const single = { stand, group: "single", tasks };
  const family = { stand, group: "family", tasks };
  await stand.run(single.group, tasks, "socket");
  await makeFamily(bench, family, tasks);
  const tellFamily = () => tellAll(family, "parent");
  const early = round % 2 === 1 ? await tellFamily() : null;
  const floor = await tellAll(single, "each");
  const product = early ?? (await tellFamily());
  return [
    {
      figure: "tree.last",
      floor: floor.told.maxMs,
      product: product.told.maxMs,
      generatorShare: Math.max(floor.generatorShare, product.generatorShare),
    },
  ];
}

/**
 * With few children and with many, each in a service of its own; the few before and after the many. What
 * grows with the number of objects grows for single cancels as well, so as many of those stand beside.
 */
export async function measureTreeGrowth(bench: Bench): Promise<Sample[]> {
  const [few, many] = bench.size.growthChildren;
  const lastMs: number[] = [];
  for (const tasks of [few, many, few]) {
    bench.say(`growth: ${tasks} children of one parent`);
    await using stand = await Stand.start(bench, "product");
    await warmUp(bench, stand);
    const family = { stand, group: "family", tasks };
    await makeFamily(bench, family, Math.ceil(tasks * WATCHED_SHARE));
    lastMs.push((await tellAll(family, "parent")).told.maxMs);
  }
  const [before = 0, product = 0, after = 0] = lastMs;
  bench.say(`growth: ${many} single cancels`);
  await using stand = await Stand.start(bench, "product");
  await warmUp(bench, stand);
  const single = { stand, group: "single", tasks: many };
  await inPortions(bench, many, async (first, requests) => {
    const some = { kind: "ask", group: single.group, tasks: many, first, requests } as const;
    await stand.load.do({ ...some, ask: "create", connections: MAKERS });
    await stand.load.do({ ...some, ask: "start", connections: MAKERS });
  });
  const { answered, generatorShare } = await tellAll(single, "each");
  return [
    { figure: "tree.growth", floor: (before + after) / 2, product, generatorShare: 0 },
    { figure: "tree.many", floor: answered.maxMs, product, generatorShare },
  ];
}

interface Group {
  readonly stand: Stand;
  readonly group: string;
  readonly tasks: number;
}

/** Makes a parent and its children, some of them with a watcher, and waits until all are asleep. */
async function makeFamily(
  bench: Bench,
  { stand, group, tasks }: Group,
  watched: number,
): Promise<void> {
  const some = { kind: "make children", group, connections: MAKERS } as const;
  await inPortions(bench, tasks, (first, tasks) => stand.load.do({ ...some, first, tasks }));
  // The parent tells its children in the order of their ids, in which these are spread over all.
  await stand.load.do({ kind: "park", watch: "socket", group, tasks: watched, watchersPerTask: 1 });
  await untilAsleep(bench);
}

/** Makes so many tasks that no more are awake at once than a service may be; at the end all are asleep. */
async function inPortions(
  bench: Bench,
  tasks: number,
  make: (first: number, count: number) => Promise<unknown>,
): Promise<void> {
  for (let first = 0; first < tasks; first += MADE_TOGETHER) {
    await make(first, Math.min(MADE_TOGETHER, tasks - first));
    await untilAsleep(bench);
  }
}

function tellAll({ stand, group, tasks }: Group, cancel: "each" | "parent") {
  return stand.load.do({ kind: "tell all", cancel, group, tasks, connections: AT_ONCE });
}
