import { afterEach, expect, it, vi } from "vitest";
import { SeededRandom } from "../lab/seeded-random.ts";
import { Life } from "./life.ts";
import { FAULTS, isPossible, World } from "./world.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);
/** One step in so many goes wrong. */
const MISHAPS_PERCENT = 4;

/** A worker: it claims, and and finishes or gives back what it gets. */
async function work(life: Life, random: SeededRandom): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    const task = await life.claim();
    if (task === null) await life.world.wait(random.whole(1, 20));
    else await life.end(task, random.percent(20) ? "release" : "finish");
  }
}

it.each(SEEDS)("workers at once do each task once, whatever goes wrong (seed %i)", async (seed) => {
  const random = new SeededRandom(seed);
  const world = new World((_, step) => {
    if (!random.percent(MISHAPS_PERCENT)) return null;
    const fault = random.one(FAULTS);
    return isPossible(step, fault) ? fault : null;
  });
  const life = new Life(world);
  const ids = Array.from({ length: 8 }, (_, number) => `task-${number}`);
  const enqueue = async () => {
    for (const id of ids) await life.enqueue(id);
  };
  const all = Promise.all([enqueue(), ...[1, 2, 3].map(() => work(life, random))]);
  await world.until(all);
  world.mishap = () => null;
  await world.until(life.drain(300));
  expect(life.overlaps).toEqual([]);
  expect([...life.done].sort()).toEqual(ids);
  await world.pass(130);
  expect(await world.state()).toMatchObject({ pending: 0, delayed: 0, running: 0 });
});
