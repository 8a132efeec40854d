import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../../lab/measure.ts";
import type { Bench } from "../bench.ts";
import type { Outcome, Side } from "../load/job.ts";
import { Pair, warmUp } from "../stand.ts";
import type { Sample } from "./figures.ts";

const BUSY_GROUP = "busy";
const TURNS_GROUP = "turns";

/** A cancel where the directory is on; in place of the floor stands a service where it is off. */
export async function measureDirectory(
  bench: Bench,
  _pair: Pair,
  round: number,
): Promise<Sample[]> {
  const vars = { floor: { DIRECTORY: "off" }, product: { DIRECTORY: "on" } };
  await using pair = await Pair.ofServices(bench, round, vars);
  await pair.inTurn((stand) => warmUp(bench, stand));
  const { cancelTurns, cancelsATurn, connections } = bench.size;
  const tasks = cancelTurns * cancelsATurn;
  const p50 = await measureCancels(bench, pair);
  await pair.inTurn((stand) => stand.run(BUSY_GROUP, tasks));
  const busy = { kind: "ask", ask: "cancel", group: BUSY_GROUP, tasks, requests: tasks } as const;
  const { floor, product } = await pair.inTurn(({ load }) => load.do({ ...busy, connections }));
  const perSecond = ({ answered }: typeof floor) => answered.count / answered.seconds;
  return [
    { figure: "directory.p50", ...p50 },
    {
      figure: "directory.rate",
      floor: perSecond(floor),
      product: perSecond(product),
      generatorShare: Math.max(floor.generatorShare, product.generatorShare),
    },
  ];
}

/** A cancel of which a webhook is told; in place of the floor stands a service that has none. */
export async function measureWebhook(bench: Bench, _pair: Pair, round: number): Promise<Sample[]> {
  const vars = { WEBHOOK_HOSTS: "127.0.0.1" };
  await using pair = await Pair.ofServices(bench, round, { floor: vars, product: vars });
  // Before any task could ask for the list of webhooks and keep a copy.
  await pair.product.load.do({ kind: "add webhook" });
  await pair.inTurn((stand) => warmUp(bench, stand));
  const cancel = await measureCancels(bench, pair);
  const tasks = bench.size.newTasks;
  const some = { group: "told", tasks };
  await pair.floor.run(some.group, tasks, "socket");
  await pair.product.run(some.group, tasks);
  const socket = await pair.floor.load.do({ kind: "tell", ask: "cancel", ...some });
  const webhook = await pair.product.load.do({ kind: "tell webhook", ...some });
  return [
    { figure: "webhook.cancel", ...cancel },
    {
      figure: "webhook.told",
      floor: socket.told.p50Ms,
      product: webhook.told.p50Ms,
      generatorShare: Math.max(socket.generatorShare, webhook.generatorShare),
    },
  ];
}

/**
 * First cancels, one at a time. The turns are so short that both services find the machine the same, and
 * after each the service has time for what its cancels leave to be done: this shows what a cancel waits
 * for, not what it takes.
 */
async function measureCancels(
  { size, signal }: Bench,
  pair: Pair,
): Promise<Omit<Sample, "figure">> {
  const { cancelTurns, cancelsATurn: requests } = size;
  const tasks = cancelTurns * requests;
  await pair.inTurn((stand) => stand.run(TURNS_GROUP, tasks));
  const outcomes: { readonly [side in Side]: Outcome }[] = [];
  for (let turn = 0; turn < cancelTurns; turn++) {
    const some = { group: TURNS_GROUP, tasks, first: turn * requests, requests, connections: 1 };
    const cancel = { kind: "ask", ask: "cancel", ...some } as const;
    outcomes.push(
      await pair.inTurn(async ({ load }) => {
        const outcome = await load.do(cancel);
        await sleep(size.leftToDoMs, null, { signal });
        return outcome;
      }),
    );
  }
  const p50Of = (side: Side) => median(outcomes.map((each) => each[side].answered.p50Ms));
  const shares = outcomes.flatMap((each) => [
    each.floor.generatorShare,
    each.product.generatorShare,
  ]);
  return { floor: p50Of("floor"), product: p50Of("product"), generatorShare: Math.max(...shares) };
}
