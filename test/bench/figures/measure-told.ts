import type { Bench } from "../bench.ts";
import type { AskName, WatchName } from "../load/job.ts";
import type { Outcome } from "../load/outcome.ts";
import type { Pair } from "../pair.ts";
import type { Stand } from "../stand.ts";
import type { Sample } from "./figure.ts";

const WATCHES = ["socket", "poll", "events", "client"] as const;

/**
 * From the cancel to the one watcher of each task, one task after the other. Whatever a watcher of
 * the service speaks, it is held against the floor's bare socket.
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
  const samples: Sample[] = [];
  const { floor, product } = await pair.inTurn(async (stand) => {
    const outcomes = new Map<WatchName | "written", Outcome>();
    if (stand === pair.floor) {
      outcomes.set("socket", await tell(stand, "socket", "tell"));
      outcomes.set("written", await tell(stand, "socket", "writeAndTell"));
    } else {
      for (const watch of WATCHES) outcomes.set(watch, await tell(stand, watch, "tell"));
    }
    return outcomes;
  });
  const bare = floor.get("socket");
  const written = floor.get("written");
  for (const watch of WATCHES) {
    const mine = product.get(watch);
    if (!bare || !written || !mine) throw new Error(`nothing was measured for ${watch}`);
    const generatorShare = Math.max(bare.generatorShare, mine.generatorShare);
    const compare = (figure: Sample["figure"], other: Outcome, p: "p50Ms" | "p99Ms") =>
      samples.push({ figure, floor: other.told[p], product: mine.told[p], generatorShare });
    compare(`told.${watch}.p50`, bare, "p50Ms");
    compare(`told.${watch}.p99`, bare, "p99Ms");
    compare(`written.${watch}.p50`, written, "p50Ms");
  }
  return samples;
}
