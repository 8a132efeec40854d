import { SeededRandom } from "../../lab/seeded-random.ts";
import { Actor } from "../actor/actor.ts";
import { runtimes } from "../actor/runtimes.ts";
import { concurrently } from "../concurrently.ts";
import { checkHistory } from "../history/check-history.ts";
import { History } from "../history/history.ts";
import { RecordedClient } from "../recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { TestService } from "../test-service.ts";
import { TRANSPORTS } from "../transport.ts";
import { Episode } from "./episode.ts";
import { episodePlan } from "./episode-plan.ts";

const AT_ONCE = 12;

/** A line between worker and service that suffers from everything that lines suffer from. */
export const line: Scenario = {
  about: "cut, silent, slow and lying lines, on Node, Deno and Bun",
  rounds: { full: 200, short: 8 },
  run: runLine,
};

async function runLine(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, folder, progress, signal } = context;
  const history = new History();
  await using service = await TestService.start({ folder, signal });
  const canceller = new RecordedClient({
    name: "the canceller",
    url: service.url,
    transport: "long poll",
    note: history.note,
  });
  const lanes = runtimes.flatMap((runtime) =>
    TRANSPORTS.map((transport) => ({ runtime, transport, name: `${runtime} by ${transport}` })),
  );
  let ended = 0;

  async function runLane({ runtime, transport, name }: (typeof lanes)[number]): Promise<void> {
    await using actor = new Actor({ name, runtime, note: history.note, signal });
    await actor.ready;
    const random = new SeededRandom(seed + lanes.findIndex((lane) => lane.name === name));
    const plans = Array.from({ length: rounds }, (_, number) => episodePlan(number, random));
    await concurrently(plans, AT_ONCE, async (plan) => {
      const options = { plan, name, transport, actor, history, canceller, serviceUrl: service.url };
      await new Episode(options).run();
      signal.throwIfAborted();
      if (++ended % 50 === 0) progress(`${ended} of ${rounds * lanes.length} episodes`);
    });
  }

  await Promise.all(lanes.map(runLane));
  return {
    did: `${ended} episodes, ${rounds} by each of ${TRANSPORTS.join(", ")} on each of ${runtimes.join(", ")}`,
    violations: checkHistory(history.entries),
  };
}
