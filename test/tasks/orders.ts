import type { World } from "./family-world.ts";

/** Of so many pieces of mail, which one arrives next. */
export type Choose = (step: number, count: number) => number;

/**
 * Lets everything arrive that is on its way, in the order that `choose` says, but at most `steps` pieces.
 * Returns between how many there was a choice each time.
 */
export async function arrive(
  world: World,
  choose: Choose,
  steps = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const choices: number[] = [];
  while (world.waiting > 0 && choices.length < steps) {
    const count = world.waiting;
    await world.stepTo(choose(choices.length, count));
    choices.push(count);
  }
  return choices;
}

/** Plays a scene in every order in which its mail may arrive. */
export async function inEveryOrder(
  play: (choose: Choose) => Promise<readonly number[]>,
): Promise<void> {
  let order: readonly number[] | null = [];
  while (order !== null) {
    const taken: readonly number[] = order;
    order = nextOrder(taken, await play((step) => taken[step] ?? 0));
  }
}

/** The order that comes after one; null: there is none. */
function nextOrder(order: readonly number[], choices: readonly number[]): number[] | null {
  const taken = choices.map((_, step) => order[step] ?? 0);
  const step = choices.findLastIndex((count, step) => (taken[step] ?? 0) + 1 < count);
  return step < 0 ? null : [...taken.slice(0, step), (taken[step] ?? 0) + 1];
}
