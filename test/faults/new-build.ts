import { appendFile, copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../lab/seeded-random.ts";
import { concurrently, TestService } from "./harness.ts";
import { History } from "./history/history.ts";
import { judge } from "./history/invariants.ts";
import { LEARN_WITHIN_MS } from "./history/watch-invariants.ts";
import { isWatched, RecordedClient, TRANSPORTS, untilSeen } from "./recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "./scenario.ts";

const WATCHES = 500;
const CANCELS_PER_ROUND = 10;
const AT_ONCE = 16;
/** How long a watcher may take to reconnect: a few of the client's pauses. */
const BACK_WITHIN_MS = 15_000;
/** The client trusts a line again after this time, and backs off from one that breaks sooner. */
const STABLE_AFTER_MS = 10_000;

/** Rolls out a new build under 500 watches, again and again. */
export const newBuild: Scenario = {
  about: "restarts with a new build under 500 watches",
  rounds: { full: 20, short: 2 },
  run: runNewBuild,
};

async function runNewBuild(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, folder, progress, signal } = context;
  const random = new SeededRandom(seed);
  const history = new History();
  const { isEnough, violations } = judge(history, stopsAtFirst);
  const { note } = history;
  await using service = await TestService.start({ folder, signal });
  const clients = TRANSPORTS.map(
    (transport) =>
      new RecordedClient({ name: `the ${transport}`, url: service.url, transport, note }),
  );
  const [canceller] = clients;
  if (canceller === undefined) throw new Error("there is no transport");
  using watches = new DisposableStack();
  const running = Array.from({ length: WATCHES }, (_, number) => `build-${number}`);
  await concurrently(running.entries(), AT_ONCE, async ([number, id]) => {
    await canceller.start(id);
    const client = clients[number % clients.length] ?? canceller;
    watches.use(client.watch(id, id));
    note({ kind: "watching", atMs: Date.now(), watcher: id, id });
  });

  async function allAreBack(): Promise<void> {
    const giveUpAtMs = Date.now() + BACK_WITHIN_MS;
    await concurrently(running, AT_ONCE, async (id) => {
      if (canceller) await untilSeen(canceller, id, isWatched, giveUpAtMs - Date.now());
      // A watch that is not back by now breaks a promise once its task is cancelled.
      note({ kind: "connected", atMs: Date.now(), watcher: id, id });
    });
  }

  await allAreBack();
  for (let round = 1; round <= rounds && !isEnough(); round++) {
    await sleep(STABLE_AFTER_MS, null, { signal });
    await service.kill();
    for (const id of running) note({ kind: "cut", atMs: Date.now(), watcher: id, id });
    await service.restart(await newBundle(service.bundle, round));
    await allAreBack();
    const cancelled = Array.from({ length: CANCELS_PER_ROUND }, () =>
      running.splice(random.whole(0, running.length - 1), 1).join(),
    );
    await concurrently(cancelled, AT_ONCE, async (id) => {
      await canceller.cancel(id);
      await history.heard(id, "aborted", LEARN_WITHIN_MS);
      await canceller.get(id);
    });
    progress(`build ${round} of ${rounds}, ${running.length} watches left`);
    signal.throwIfAborted();
  }
  return {
    did: `${rounds} new builds under ${WATCHES} watches, ${rounds * CANCELS_PER_ROUND} cancelled`,
    violations: violations(),
  };
}

/** Returns the same Worker with other bytes: a new build to the engine. */
async function newBundle(bundle: string, round: number): Promise<string> {
  const copy = join(dirname(bundle), `build-${round}.js`);
  await copyFile(bundle, copy);
  await appendFile(copy, `\n// build ${round}\n`);
  return copy;
}
