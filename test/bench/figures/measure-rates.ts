import type { Bench } from "../bench.ts";
import type { AskName } from "../load/job.ts";
import type { Pair } from "../pair.ts";
import type { Sample } from "./sample.ts";

const GROUP = "rates";

/** Reads, first cancels and repeated cancels of the same tasks, with every connection busy. */
export async function measureRates({ size }: Bench, pair: Pair): Promise<Sample[]> {
  await pair.inTurn((stand) => stand.run(GROUP, size.tasks));
  const rate = async (ask: AskName, requests: number) => {
    const { floor, product } = await pair.inTurn(({ load }) =>
      load.do({
        kind: "ask",
        ask,
        group: GROUP,
        tasks: size.tasks,
        requests,
        connections: size.connections,
      }),
    );
    const generatorShare = Math.max(floor.generatorShare, product.generatorShare);
    return { floor: floor.answered, product: product.answered, generatorShare };
  };
  const read = await rate("read", size.requests);
  const cancel = await rate("cancel", size.tasks);
  const again = await rate("again", size.requests);
  return [
    { ...read, figure: "read.rate", ...perSecond(read) },
    { ...read, figure: "read.p50", floor: read.floor.p50Ms, product: read.product.p50Ms },
    { ...read, figure: "read.p99", floor: read.floor.p99Ms, product: read.product.p99Ms },
    { ...cancel, figure: "cancel.rate", ...perSecond(cancel) },
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
