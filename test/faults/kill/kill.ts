import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../../lab/seeded-random.ts";
import { concurrently } from "../concurrently.ts";
import { checkHistory } from "../history/check-history.ts";
import { History } from "../history/history.ts";
import { RecordedClient } from "../recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { TestService } from "../test-service.ts";
import { KillRound } from "./kill-round.ts";

/** Acknowledged cancels of a round before the service is killed: 50 rounds are to have 5,000. */
const CANCELS_BEFORE_KILL = 105;
const READERS = 16;
/** A grace period, and as late as an alarm may be. */
const ALARMS_DUE_MS = 11_000;

/** `kill -9` of the service under load, again and again on the same state. */
export const kill: Scenario = {
  about: "kill -9 of workerd under load, and a restart on the same folder",
  rounds: { full: 50, short: 3 },
  run: runKill,
};

async function runKill(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, folder, progress, signal } = context;
  const random = new SeededRandom(seed);
  const history = new History();
  await using service = await TestService.start({ folder, signal });
  const reader = new RecordedClient({
    name: "the reader",
    url: service.url,
    transport: "long poll",
    note: history.note,
  });
  const ids: string[] = [];
  let acknowledged = 0;
  for (let number = 1; number <= rounds; number++) {
    const round = new KillRound({ number, url: service.url, random, history });
    const load = round.load();
    await round.cancelled(CANCELS_BEFORE_KILL + random.whole(0, 20));
    // In the very turn in which an answer came, or somewhere between two.
    if (random.percent(50)) await sleep(random.fraction() * 5);
    await service.kill();
    round.serviceIsDown();
    await service.restart();
    round.serviceIsUp();
    await load;
    await round.everybodyKnows();
    acknowledged += round.acknowledged;
    ids.push(...round.ids);
    progress(`round ${number} of ${rounds}, ${acknowledged} acknowledged cancels`);
    signal.throwIfAborted();
  }
  progress("waiting until every alarm is long due");
  await sleep(ALARMS_DUE_MS, null, { signal });
  progress(`looking at ${ids.length} tasks once more`);
  await concurrently(ids, READERS, async (id) => {
    await reader.get(id);
  });
  return {
    did: `${rounds} kills, ${acknowledged} acknowledged cancels of ${ids.length} tasks`,
    violations: checkHistory(history.entries),
  };
}
