import type { Bench } from "../bench.ts";
import type { AskName, Outcome, WatchName } from "../load/job.ts";
import type { Pair, Stand } from "../stand.ts";
import type { Sample } from "./figures.ts";

const WATCHES = ["socket", "relayed", "poll", "events", "client"] as const;
/** What a promise costs: the floor only tells, or has it on disk first, or the alarm of its end as well. */
const FLOOR_ASKS = ["tell", "writeAndTell", "writeArmAndTell"] as const;

/**
 * From the cancel to the one watcher of each task, one task after the other. Whatever a watcher of
 * the service speaks, it is held against the floor's bare socket, which is told and nothing else.
 */
export async function measureTold({ size }: Bench, pair: Pair): Promise<Sample[]> {
  const tell = async (stand: Stand, watch: WatchName, ask: AskName): Promise<Outcome> => {
    const tasks = { group: `${watch}-${ask}`, tasks: size.tasks };
    await stand.run(tasks.group, tasks.tasks);
    await stand.load.do({ kind: "park", watch, ...tasks, watchersPerTask: 1 });
    const outcome = await stand.load.do({ kind: "tell", ask, ...tasks });
    await stand.load.do({ kind: "release" });
    return outcome;
  };
  const { floor, product } = await pair.inTurn(async (stand) => {
    const outcomes = new Map<AskName | WatchName, Outcome>();
    if (stand === pair.floor) {
      for (const ask of FLOOR_ASKS) outcomes.set(ask, await tell(stand, "socket", ask));
    } else {
      for (const watch of WATCHES) outcomes.set(watch, await tell(stand, watch, "cancel"));
    }
    return outcomes;
  });
  const compare = (
    figure: Sample["figure"],
    ask: (typeof FLOOR_ASKS)[number],
    watch: (typeof WATCHES)[number],
    percentile: "p50Ms" | "p99Ms",
  ): Sample => {
    const theirs = floor.get(ask);
    const mine = product.get(watch);
    if (!theirs || !mine) throw new Error(`nothing was measured for ${figure}`);
    const generatorShare = Math.max(theirs.generatorShare, mine.generatorShare);
    return {
      figure,
      floor: theirs.told[percentile],
      product: mine.told[percentile],
      generatorShare,
    };
  };
  return [
    ...WATCHES.flatMap((watch) => [
      compare(`told.${watch}.p50`, "tell", watch, "p50Ms"),
      compare(`told.${watch}.p99`, "tell", watch, "p99Ms"),
    ]),
    compare("told.written.p50", "writeAndTell", "socket", "p50Ms"),
    compare("told.armed.p50", "writeArmAndTell", "socket", "p50Ms"),
  ];
}
