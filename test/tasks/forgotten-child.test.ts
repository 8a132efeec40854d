import { describe, expect, it } from "vitest";
import { SeededRandom } from "../lab/seeded-random.ts";
import { World } from "./family-world.ts";
import { event } from "./harness.ts";

const HOURS_MS = 3 * 3_600_000;
const SAMPLES = 1500;

/** What is done to a parent `a` and its child `b`: first, and then at the same time. */
interface Scene {
  readonly first?: (world: World) => Promise<unknown>;
  readonly atOnce: readonly ((world: World) => Promise<unknown>)[];
}

const declares = (world: World) => world.make("b", "a", "declare");
const starts = (world: World) => world.make("b", "a", "start");
const cancelsParent = (world: World) => world.command("a", event.cancel());
const forgets = (world: World) => world.call("b", "forget", (core) => core.forget());

async function runsToItsEnd(world: World): Promise<void> {
  await starts(world);
  await world.command("b", event.finish("succeeded"));
}

/**
 * Plays a scene: of what is on its way, `choose` says what arrives next. Returns between how many there
 * was a choice each time.
 */
async function play(
  { first, atOnce }: Scene,
  choose: (step: number, count: number) => number,
): Promise<number[]> {
  const world = new World(1);
  const earlier = first?.(world);
  await world.quiet(0);
  await earlier;
  const doing = Promise.allSettled(atOnce.map((act) => act(world)));
  const choices: number[] = [];
  const taken: number[] = [];
  while (world.waiting > 0) {
    const which = choose(taken.length, world.waiting);
    choices.push(world.waiting);
    taken.push(which);
    await world.stepTo(which);
  }
  await world.quiet(HOURS_MS);
  await doing;
  const { status } = world.task("b") ?? {};
  expect(status, `in the order ${taken}`).not.toBe("pending");
  expect(status, `in the order ${taken}`).not.toBe("running");
  expect(world.machine("a").disk.family?.sweep ?? null, `in the order ${taken}`).toBeNull();
  return choices;
}

/** The order that comes after one; null: there is none. */
function nextOrder(order: readonly number[], choices: readonly number[]): number[] | null {
  const taken = choices.map((_, step) => order[step] ?? 0);
  const step = choices.findLastIndex((count, step) => (taken[step] ?? 0) + 1 < count);
  return step < 0 ? null : [...taken.slice(0, step), (taken[step] ?? 0) + 1];
}

describe("a child that is forgotten while a Worker makes it hears of its parent's cancel", () => {
  it.each<[string, Scene]>([
    ["declared", { atOnce: [declares, cancelsParent, forgets] }],
    ["started", { atOnce: [starts, cancelsParent, forgets] }],
  ])("%s, in every order", async (_name, scene) => {
    let order: number[] | null = [];
    while (order !== null) {
      const taken: readonly number[] = order;
      order = nextOrder(taken, await play(scene, (step) => taken[step] ?? 0));
    }
  });

  it.each([
    ["declared again", [declares, cancelsParent, forgets]],
    ["started again", [starts, cancelsParent, forgets]],
    ["by several Workers", [declares, starts, declares, cancelsParent, forgets, forgets]],
  ])("%s, in many orders", async (_name, atOnce) => {
    const random = new SeededRandom(1);
    for (let sample = 0; sample < SAMPLES; sample++) {
      const choose = (_: number, count: number) => Math.floor(random.fraction() * count);
      await play({ first: runsToItsEnd, atOnce }, choose);
    }
  });
});
