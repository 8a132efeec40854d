import type { Bench } from "../bench.ts";
import type { Pair } from "../pair.ts";
import type { Sample } from "./sample.ts";

const ONE = { group: "fan", tasks: 1 };

/** One task with many WebSockets: until the last is told, and until the canceller has its answer. */
export async function measureFanOut({ size }: Bench, pair: Pair): Promise<Sample[]> {
  const { floor, product } = await pair.inTurn(async (stand) => {
    await stand.run(ONE.group, ONE.tasks);
    const watchersPerTask = size.fanOutWatchers;
    const parked = await stand.load.do({
      kind: "park",
      watch: "socket",
      ...ONE,
      watchersPerTask,
    });
    const outcome = await stand.load.do({ kind: "tell", ask: "writeAndTell", ...ONE });
    await stand.load.do({ kind: "release" });
    return { ...outcome, parkMs: parked.answered.seconds * 1000 };
  });
  const generatorShare = Math.max(floor.generatorShare, product.generatorShare);
  return [
    {
      figure: "fan.last",
      floor: floor.told.maxMs,
      product: product.told.maxMs,
      generatorShare,
    },
    {
      figure: "fan.answer",
      floor: floor.answered.maxMs,
      product: product.answered.maxMs,
      generatorShare,
    },
    { figure: "fan.park", floor: floor.parkMs, product: product.parkMs, generatorShare },
  ];
}
