import { setImmediate as nextTurn } from "node:timers/promises";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { loadService } from "./platform.ts";
import { PlatformWorld, type WorldOptions } from "./platform-world.ts";
import { RECEIVER_HOST } from "./receiver.ts";
import { KINDS, type Kind, TreeLife } from "./tree-life.ts";

const MAX_EVENTS = 60_000;
type Chances = Pick<WorldOptions, "mostPercent" | "slowPercent" | "healsAtMs">;

/** How often things go wrong. With so many tasks at once, more would only be a rush. */
const CHANCES: { readonly [kind in Kind]: Chances } = {
  storm: { mostPercent: 12, slowPercent: 5 },
  wide: { mostPercent: 3, slowPercent: 5 },
  slow: { mostPercent: 0, slowPercent: 40, healsAtMs: 300_000 },
};

/** Tasks that are cancelled with their parents, whatever crashes, and who hears of that. */
export const trees: Scenario = {
  about:
    "trees of tasks, a list of them, cancels of many and webhooks, on the same platform; a round is a life of some trees",
  rounds: { full: 300, short: 30 },
  run: runTrees,
};

async function runTrees(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, progress, signal } = context;
  const code = await loadService();
  const violations: ScenarioResult["violations"][number][] = [];
  let tasks = 0;
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const own = seed + round;
    const kind = kindOf(own);
    const world = new PlatformWorld(own, {
      code,
      vars: { WEBHOOK_HOSTS: RECEIVER_HOST },
      maxEvents: MAX_EVENTS,
      ...CHANCES[kind],
    });
    const { facts } = await new TreeLife(world, kind).live();
    tasks += facts.tasks.size;
    if (round % 20 === 19) progress(`${round + 1} of ${rounds} lives`);
    for (const { invariant, detail } of world.violations) {
      const trace = rounds === 1 ? world.trace.map((line) => `\n  ${line}`).join("") : "";
      violations.push({ invariant, detail: `seed ${own}: ${detail}${trace}` });
    }
    if (stopsAtFirst && violations.length > 0) break;
    await nextTurn();
  }
  return { did: `${tasks} tasks in ${rounds} lives`, violations };
}

function kindOf(seed: number): Kind {
  return KINDS[seed % KINDS.length] ?? "storm";
}
