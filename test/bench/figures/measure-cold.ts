import type { Bench } from "../bench.ts";
import type { Pair } from "../pair.ts";
import type { Sample } from "./sample.ts";

/** The first request to an id that nobody has used, which makes its object and its file; one at a time. */
export async function measureCold({ size }: Bench, pair: Pair): Promise<Sample[]> {
  const tasks = { group: "cold", tasks: size.newTasks, requests: size.newTasks, connections: 1 };
  const { floor, product } = await pair.inTurn(({ load }) =>
    load.do({ kind: "ask", ask: "create", ...tasks }),
  );
  const generatorShare = Math.max(floor.generatorShare, product.generatorShare);
  const { p50Ms } = product.answered;
  return [{ figure: "cold.p50", floor: floor.answered.p50Ms, product: p50Ms, generatorShare }];
}
