import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { AgainLife, FAMILIES } from "./again-life.ts";
import { runLives } from "./lives.ts";
import { loadService } from "./platform.ts";
import { PlatformWorld, type WorldOptions } from "./platform-world.ts";
import { RECEIVER_HOST } from "./receiver.ts";
import { type Kind as TreeKind, TreeLife } from "./tree-life.ts";

/** How the lives of trees differ. In one, children are made again that have ended. */
const KINDS = [
  ...(["storm", "wide", "storm", "slow", "storm", "unheard", "again"] as const),
  ...(["storm", "wide", "storm", "slow", "storm", "lonely", "again"] as const),
];
type Kind = TreeKind | "again";

const MAX_EVENTS = 60_000;
type Chances = Pick<WorldOptions, "mostPercent" | "slowPercent" | "healsAtMs" | "hints">;
/** Nothing gets lost, but much overtakes. */
const SLOW = { mostPercent: 0, slowPercent: 40, healsAtMs: 300_000 };

/** How often things go wrong. With so many tasks at once, more would only be a rush. */
const CHANCES: { readonly [kind in Kind]: Chances } = {
  storm: { mostPercent: 12, slowPercent: 5 },
  wide: { mostPercent: 3, slowPercent: 5 },
  lonely: { mostPercent: 3 },
  slow: { ...SLOW, hints: { againPercent: 50, lostPercent: 0 } },
  unheard: { ...SLOW, hints: { againPercent: 50, lostPercent: 60 } },
  again: { mostPercent: 12, slowPercent: 5 },
};

/** Tasks that are cancelled with their parents, whatever crashes, and who hears of that. */
export const trees: Scenario = {
  about:
    "trees of tasks, a list of them, cancels of many and webhooks, on the same platform; a round is a life of some trees",
  rounds: { full: 300, short: 30 },
  run: runTrees,
};

async function runTrees(context: ScenarioContext): Promise<ScenarioResult> {
  const code = await loadService();
  let tasks = 0;
  const violations = await runLives(context, async (seed) => {
    const kind = kindOf(seed);
    const world = new PlatformWorld(seed, {
      code,
      vars: { WEBHOOK_HOSTS: RECEIVER_HOST },
      maxEvents: MAX_EVENTS,
      ...CHANCES[kind],
    });
    tasks += kind === "again" ? await liveAgain(world) : await liveTrees(world, kind);
    return world;
  });
  return { did: `${tasks} tasks in ${context.rounds} lives`, violations };
}

/** Returns how many tasks there were. */
async function liveTrees(world: PlatformWorld, kind: TreeKind): Promise<number> {
  const { facts } = await new TreeLife(world, kind).live();
  return facts.tasks.size;
}

async function liveAgain(world: PlatformWorld): Promise<number> {
  await new AgainLife(world).live();
  return 2 * FAMILIES;
}

function kindOf(seed: number): Kind {
  return KINDS[seed % KINDS.length] ?? "storm";
}
