import { describe, expect, it } from "vitest";
import { SeededRandom } from "../lab/seeded-random.ts";
import { World } from "./family-world.ts";
import { event } from "./harness.ts";
import { arrive, type Choose, inEveryOrder } from "./orders.ts";

const MINUTE_MS = 60_000;
const SAMPLES = 1500;

/** What is done to a parent `a` and its child `b`: first, and then at the same time. */
interface Scene {
  readonly first?: (world: World) => Promise<unknown>;
  readonly atOnce: readonly ((world: World) => Promise<unknown>)[];
}

const declares = (world: World) => world.make("b", "a", "declare");
const starts = (world: World) => world.make("b", "a", "start");
const cancelsParent = (world: World) => world.command("a", event.cancel());
const forgetsParent = (world: World) => world.call("a", "forget", (core) => core.forget());
const forgets = (world: World) => world.call("b", "forget", (core) => core.forget());

async function forgetsBoth(world: World): Promise<void> {
  await forgets(world);
  await forgetsParent(world);
}

async function runsToItsEnd(world: World): Promise<void> {
  await starts(world);
  await world.command("b", event.finish("succeeded"));
}

async function endsBelowAnother(world: World): Promise<void> {
  await world.make("b", "other", "declare");
  await world.command("b", event.cancel());
}

async function endsAndLosesParent(world: World): Promise<void> {
  await declares(world);
  await world.command("b", event.cancel());
  await cancelsParent(world);
  await forgetsParent(world);
}

/** Plays a scene, with what is on its way in the order that `choose` says. */
async function play({ first, atOnce }: Scene, choose: Choose): Promise<readonly number[]> {
  const world = new World(1);
  const earlier = first?.(world);
  await world.quiet(0);
  await earlier;
  const doing = Promise.allSettled(atOnce.map((act) => act(world)));
  const taken: number[] = [];
  const choices = await arrive(world, (step, count) => {
    const which = choose(step, count);
    taken.push(which);
    return which;
  });
  await world.quiet(MINUTE_MS);
  await doing;
  const { status } = world.task("b") ?? {};
  // If the parent was forgotten too, this may be a new one that nobody has cancelled.
  if (status === "pending" || status === "running") {
    expect(world.task("a")?.status, `${status} in the order ${taken}`).toBe("pending");
  }
  await world.quiet(2 * MINUTE_MS);
  expect(world.machine("a").disk.family?.sweep ?? null, `in the order ${taken}`).toBeNull();
  return choices;
}

describe("a child that is forgotten while a Worker makes it hears of its parent's cancel", () => {
  it.each<[string, Scene]>([
    ["declared", { atOnce: [declares, cancelsParent, forgets] }],
    ["started", { atOnce: [starts, cancelsParent, forgets] }],
    ["declared, its parent forgotten", { atOnce: [declares, cancelsParent, forgetsBoth] }],
    ["started, its parent forgotten", { atOnce: [starts, cancelsParent, forgetsBoth] }],
    [
      "declared, once another's child",
      { first: endsBelowAnother, atOnce: [declares, cancelsParent, forgets] },
    ],
    [
      "started, once another's child",
      { first: endsBelowAnother, atOnce: [starts, cancelsParent, forgets] },
    ],
    [
      "declared again, its parent forgotten before",
      { first: endsAndLosesParent, atOnce: [declares, cancelsParent, forgets] },
    ],
  ])("%s, in every order", async (_name, scene) => {
    await inEveryOrder((choose) => play(scene, choose));
  });

  it.each([
    ["declared again", [declares, cancelsParent, forgets]],
    ["started again", [starts, cancelsParent, forgets]],
    ["by several Workers", [declares, starts, declares, cancelsParent, forgets, forgets]],
    ["with its parent", [declares, starts, cancelsParent, forgets, forgets, forgetsParent]],
  ])("%s, in many orders", async (_name, atOnce) => {
    const random = new SeededRandom(1);
    for (let sample = 0; sample < SAMPLES; sample++) {
      const choose = (_: number, count: number) => Math.floor(random.fraction() * count);
      await play({ first: runsToItsEnd, atOnce }, choose);
    }
  });
});
