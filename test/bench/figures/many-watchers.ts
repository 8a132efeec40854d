import type { Bench } from "../bench.ts";
import { Pair, type Stand } from "../stand.ts";
import type { GrowthPoint, Sample } from "./figures.ts";

const ONE = { group: "fan", tasks: 1 };
const READ = { group: "watched", tasks: 1 };

/** One task with many WebSockets: until all are parked, the last is told, the canceller is answered. */
export async function measureFanOut({ size }: Bench, pair: Pair): Promise<Sample[]> {
  const { floor, product } = await pair.inTurn(async (stand) => {
    await rehearse(stand);
    const parkMs = await parkOnOne(stand, size.fanOutWatchers);
    const { told, answered, generatorShare } = await tellOne(stand);
    return { park: parkMs, last: told.maxMs, answer: answered.maxMs, generatorShare };
  });
  const generatorShare = Math.max(floor.generatorShare, product.generatorShare);
  return (["last", "answer", "park"] as const).map((part) => ({
    figure: `fan.${part}`,
    floor: floor[part],
    product: product[part],
    generatorShare,
  }));
}

/** Reading a task that many watch; in place of the floor stands the same task before they came. */
export async function measureWatchedRead({ size }: Bench, { product }: Pair): Promise<Sample[]> {
  const { requests } = size;
  const read = async () => {
    const job = { kind: "ask", ask: "read", ...READ, requests, connections: 1 } as const;
    return (await product.load.do(job)).answered.p50Ms;
  };
  await product.run(READ.group, READ.tasks);
  await read();
  const unwatched = await read();
  await product.load.do({
    kind: "park",
    watch: "socket",
    ...READ,
    watchersPerTask: size.readWatchers,
  });
  const watched = await read();
  await product.load.do({ kind: "release" });
  return [{ figure: "fan.read", floor: unwatched, product: watched, generatorShare: 0 }];
}

export type WatcherCost = "parkMs" | "toldMs" | "readMs";

/** What each watcher costs, and a read, when ever more watch one task. */
export async function measureWatcherGrowth(bench: Bench): Promise<GrowthPoint<WatcherCost>[]> {
  const points: GrowthPoint<WatcherCost>[] = [];
  for (const count of bench.size.growthWatchers) {
    bench.say(`growth: ${count} watchers of one task`);
    await using pair = await Pair.start(bench);
    const cost = await pair.inTurn(async (stand) => {
      await rehearse(stand);
      const parkMs = await parkOnOne(stand, count);
      const { requests } = bench.size;
      const { answered } = await stand.load.do({
        kind: "ask",
        ask: "read",
        ...ONE,
        requests,
        connections: 1,
      });
      const { told } = await tellOne(stand);
      return { parkMs: parkMs / count, toldMs: told.maxMs / count, readMs: answered.p50Ms };
    });
    points.push({ count, cost });
  }
  return points;
}

/**
 * Does the same with a few watchers of another task: the first cancel of a service compiles its code,
 * and that would count as a cost of its watchers.
 */
async function rehearse(stand: Stand): Promise<void> {
  const few = { group: "rehearsal", tasks: 1 };
  await stand.run(few.group, few.tasks);
  await stand.load.do({ kind: "park", watch: "socket", ...few, watchersPerTask: 20 });
  await stand.load.do({ kind: "tell", ask: "writeAndTell", ...few });
  await stand.load.do({ kind: "release" });
}

/** Parks so many WebSockets on one new task; returns how long that took. */
async function parkOnOne(stand: Stand, watchersPerTask: number): Promise<number> {
  await stand.run(ONE.group, ONE.tasks);
  const job = { kind: "park", watch: "socket", ...ONE, watchersPerTask } as const;
  return (await stand.load.do(job)).answered.seconds * 1000;
}

async function tellOne({ load }: Stand) {
  const outcome = await load.do({ kind: "tell", ask: "writeAndTell", ...ONE });
  await load.do({ kind: "release" });
  return outcome;
}
