import type { Bench } from "../bench.ts";
import type { AskName } from "../load/job.ts";
import type { Pair } from "../stand.ts";
import type { Sample } from "./figures.ts";

const GROUP = "rates";
const ARMED_GROUP = "armed";

/**
 * Reads, first cancels and repeated cancels of the same tasks, with every connection busy. A first
 * cancel is held against a write, and against a write that also sets an alarm, on tasks of their own.
 */
export async function measureRates({ size }: Bench, pair: Pair): Promise<Sample[]> {
  for (const group of [GROUP, ARMED_GROUP]) {
    await pair.inTurn((stand) => stand.run(group, size.tasks));
  }
  const rate = async (ask: AskName, requests: number, group = GROUP) => {
    const { floor, product } = await pair.inTurn(({ load }) =>
      load.do({
        kind: "ask",
        ask,
        group,
        tasks: size.tasks,
        requests,
        connections: size.connections,
      }),
    );
    const generatorShare = Math.max(floor.generatorShare, product.generatorShare);
    return { floor: floor.answered, product: product.answered, generatorShare };
  };
  const read = await rate("read", size.requests);
  const json = await rate("readAsJson", size.requests);
  const cancel = await rate("cancel", size.tasks);
  const armed = await rate("writeArmAndTell", size.tasks, ARMED_GROUP);
  const again = await rate("again", size.requests);
  return [
    { ...read, figure: "read.rate", ...perSecond(read) },
    { ...read, figure: "read.p50", floor: read.floor.p50Ms, product: read.product.p50Ms },
    { ...read, figure: "read.p99", floor: read.floor.p99Ms, product: read.product.p99Ms },
    { ...json, figure: "json.rate", ...perSecond(json) },
    { ...json, figure: "json.p50", floor: json.floor.p50Ms, product: json.product.p50Ms },
    { ...cancel, figure: "cancel.rate", ...perSecond(cancel) },
    { ...armed, figure: "armed.rate", ...perSecond(armed) },
    { ...again, figure: "again.rate", ...perSecond(again) },
  ];
}

interface Counted {
  readonly count: number;
  readonly seconds: number;
}

function perSecond({ floor, product }: { readonly floor: Counted; readonly product: Counted }) {
  return { floor: floor.count / floor.seconds, product: product.count / product.seconds };
}

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
