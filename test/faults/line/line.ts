import { SeededRandom } from "../../lab/seeded-random.ts";
import { ACTOR_RUNTIMES, Actor } from "../actor/actor.ts";
import { concurrently, TestService } from "../harness.ts";
import { History } from "../history/history.ts";
import { judge } from "../history/invariants.ts";
import { RecordedClient, TRANSPORTS } from "../recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { Episode, episodePlan } from "./episode.ts";

const AT_ONCE = 12;

/** Everything that goes wrong with the line between worker and service. */
export const line: Scenario = {
  about: "cut, silent, slow and lying lines, on Node, Deno and Bun",
  rounds: { full: 200, short: 8 },
  run: runLine,
};

async function runLine(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, folder, progress, signal } = context;
  const history = new History();
  const { isEnough, violations } = judge(history, stopsAtFirst);
  await using service = await TestService.start({ folder, signal });
  const canceller = new RecordedClient({
    name: "the canceller",
    url: service.url,
    transport: "long poll",
    note: history.note,
  });
  const lanes = ACTOR_RUNTIMES.flatMap((runtime) =>
    TRANSPORTS.map((transport) => ({ runtime, transport, name: `${runtime} by ${transport}` })),
  );
  let ended = 0;

  async function runLane({ runtime, transport, name }: (typeof lanes)[number]): Promise<void> {
    await using actor = new Actor({ name, runtime, note: history.note, signal });
    await actor.ready;
    const random = new SeededRandom(seed + lanes.findIndex((lane) => lane.name === name));
    const plans = Array.from({ length: rounds }, (_, number) => episodePlan(number, random));
    await concurrently(plans, AT_ONCE, async (plan) => {
      if (isEnough()) return;
      const options = { plan, name, transport, actor, history, canceller, serviceUrl: service.url };
      await new Episode(options).run();
      signal.throwIfAborted();
      if (++ended % 50 === 0) progress(`${ended} of ${rounds * lanes.length} episodes`);
    });
  }

  await Promise.all(lanes.map(runLane));
  return {
    did: `${ended} episodes, ${rounds} by each of ${TRANSPORTS.join(", ")} on each of ${ACTOR_RUNTIMES.join(", ")}`,
    violations: violations(),
  };
}
