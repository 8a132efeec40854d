import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { runLives } from "./lives.ts";
import { loadService } from "./platform.ts";
import { KINDS, type Kind } from "./queue-facts.ts";
import { QueueLife } from "./queue-life.ts";
import { QueueWorld } from "./queue-world.ts";

/** Tasks that are handed out by a queue, whatever crashes. */
export const queues: Scenario = {
  about:
    "queues, their tasks and their workers, on a simulated platform, network and clock; a round is a life of a queue",
  rounds: { full: 1000, short: 60 },
  run: runQueues,
};

async function runQueues(context: ScenarioContext): Promise<ScenarioResult> {
  const code = await loadService();
  let runs = 0;
  let tasks = 0;
  const violations = await runLives(context, async (seed) => {
    const options = kindOf(seed) === "storm" ? { code } : { code, healsAtMs: 0 };
    const { world, facts } = await new QueueLife(
      new QueueWorld(seed, options),
      kindOf(seed),
    ).live();
    runs += world.runs.length;
    tasks += facts.ids.length;
    return world;
  });
  return { did: `${tasks} tasks, ${runs} runs in ${context.rounds} lives`, violations };
}

function kindOf(seed: number): Kind {
  return KINDS[seed % KINDS.length] ?? "storm";
}
