import { setImmediate as nextTurn } from "node:timers/promises";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
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
  const { seed, rounds, stopsAtFirst, progress, signal } = context;
  const code = await loadService();
  const violations: ScenarioResult["violations"][number][] = [];
  let runs = 0;
  let tasks = 0;
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const own = seed + round;
    const options = kindOf(own) === "storm" ? { code } : { code, healsAtMs: 0 };
    const life = new QueueLife(new QueueWorld(own, options), kindOf(own));
    const { world, facts } = await life.live();
    runs += world.runs.length;
    tasks += facts.ids.length;
    if (round % 20 === 19) progress(`${round + 1} of ${rounds} lives`);
    for (const { invariant, detail } of world.violations) {
      const trace = rounds === 1 ? world.trace.map((line) => `\n  ${line}`).join("") : "";
      violations.push({ invariant, detail: `seed ${own}: ${detail}${trace}` });
    }
    if (stopsAtFirst && violations.length > 0) break;
    await nextTurn();
  }
  return { did: `${tasks} tasks, ${runs} runs in ${rounds} lives`, violations };
}

function kindOf(seed: number): Kind {
  return KINDS[seed % KINDS.length] ?? "storm";
}
