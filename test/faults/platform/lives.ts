import { setImmediate as nextTurn } from "node:timers/promises";
import type { Violation } from "../history/invariants.ts";
import type { ScenarioContext } from "../scenario.ts";
import type { PlatformWorld } from "./platform-world.ts";

/**
 * Lives one life a round, each with the next seed, and returns every promise that was broken: with the
 * whole story where there is one round.
 */
export async function runLives(
  { seed, rounds, stopsAtFirst, progress, signal }: ScenarioContext,
  live: (seed: number) => Promise<PlatformWorld>,
): Promise<readonly Violation[]> {
  const violations: Violation[] = [];
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const own = seed + round;
    const world = await live(own);
    if (round % 20 === 19) progress(`${round + 1} of ${rounds} lives`);
    for (const { invariant, detail } of world.violations) {
      const trace = rounds === 1 ? world.trace.map((line) => `\n  ${line}`).join("") : "";
      violations.push({ invariant, detail: `seed ${own}: ${detail}${trace}` });
    }
    if (stopsAtFirst && violations.length > 0) break;
    await nextTurn();
  }
  return violations;
}
