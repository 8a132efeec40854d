import { installGlobals } from "./install-globals.ts";
import { live } from "./live.ts";
import type { SimulationResult } from "./simulation-result.ts";
import { World } from "./world.ts";

/** Lives through everything that one seed brings; the same seed brings the same, to the letter. */
export async function simulate(seed: number): Promise<SimulationResult> {
  const world = new World(seed);
  const restoreGlobals = installGlobals(world);
  try {
    const { scheduler, canceller, workers } = world;
    const { endsAtMs, close } = live(world);
    let isQuiet = await scheduler.runUntil(endsAtMs);
    for (const call of world.calls) world.violate("settles", `${call}, never settles`);
    scheduler.later(0, close, workers[0]);
    for (const machine of [canceller, ...workers]) world.expectNothingLeft(machine);
    isQuiet = (await scheduler.runUntil(endsAtMs)) && isQuiet;
    if (!isQuiet) world.violate("no rush", `so much happens: ${scheduler.eventsHappened} events`);
    world.coverage.count("event", scheduler.eventsHappened);
  } finally {
    restoreGlobals();
  }
  const { violations, trace, coverage } = world;
  return { seed, violations, trace: trace.lines, coverage };
}
