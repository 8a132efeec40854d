import { expect, it } from "vitest";
import { parentOf } from "../../src/tasks/family.ts";
import { cancellationOf, isEnded, type Task } from "../../src/tasks/task.ts";
import { World } from "./family-world.ts";
import { event } from "./harness.ts";

const IDS = ["a", "b", "c", "d", "e", "f"] as const;
const SEEDS = 150;
const ACTIONS = 120;
const QUIET_MS = 3 * 3_600_000;

/** Six tasks that adopt each other, are started, cancelled, finished and forgotten in any order. */
async function anyLife(seed: number, hasFaults: boolean): Promise<World> {
  const world = new World(seed);
  const { random } = world;
  const doing: Promise<unknown>[] = [];
  const does = (action: Promise<unknown>) => doing.push(action.catch(() => {}));
  let making = 0;
  const make = (command: "declare" | "start") => {
    const options = { staysOn: random.fraction() < 0.1, supersede: random.fraction() < 0.1 };
    const parent = random.one([null, ...IDS]);
    making += 1;
    does(world.make(random.one(IDS), parent, command, options).finally(() => (making -= 1)));
  };
  const forget = (id: string) => {
    does(world.call(id, "forget", (core) => core.forget()));
  };
  for (let count = 0; count < ACTIONS; count++) {
    const chance = random.fraction();
    if (chance < 0.15) make("declare");
    else if (chance < 0.25) make("start");
    else if (chance < 0.3) does(world.command(random.one(IDS), event.cancel()));
    else if (chance < 0.38) {
      const status = random.one(["succeeded", "failed", "cancelled"] as const);
      does(world.command(random.one(IDS), event.finish(status)));
    } else if (chance < 0.42) forget(random.one(IDS));
    else if (chance < 0.5) {
      // A Worker that takes too long to make a child it was adopted for is a fault.
      const withinMs = random.one([0, 6000, 60_000]);
      await world.ring(making > 0 && !hasFaults ? 0 : withinMs);
    } else if (hasFaults && chance < 0.53) world.kill(random.one(IDS));
    else if (hasFaults && chance < 0.58) world.unreachable.add(random.one(IDS));
    else if (hasFaults && chance < 0.64) world.unreachable.delete(random.one(IDS));
    else await world.step(hasFaults ? 0.2 : 0);
  }
  world.unreachable.clear();
  await world.quiet(QUIET_MS);
  await Promise.all(doing);
  return world;
}

function isAlive(task: Task | null): task is Task {
  return task !== null && !isEnded(task);
}

/** The ids of everything alive below a task, as far as each of them names its parent itself. */
function aliveBelow(world: World, id: string): string[] {
  return IDS.filter((child) => {
    const task = world.task(child);
    return task !== null && parentOf(task) === id && world.machine(id).disk.rows.has(child);
  }).flatMap((child) => [
    ...(isAlive(world.task(child)) ? [child] : []),
    ...aliveBelow(world, child),
  ]);
}

function checkTree(world: World, id: string, seed: number): void {
  const { family, rows } = world.machine(id).disk;
  const task = world.task(id);
  const what = `seed ${seed}, task ${id}`;
  expect(family?.sweep ?? null, `${what}: is still telling its children`).toBeNull();
  expect(task?.outbox ?? [], `${what}: has an outbox`).toEqual([]);
  const parent = task && parentOf(task);
  if (isAlive(task) && parent) {
    const row = world.machine(parent).disk.rows.get(id);
    expect(row?.hasEnded, `${what}: is alive, and its parent does not know`).toBe(false);
  }
  const hasObeyed = task !== null && cancellationOf(task)?.cause === "parent";
  expect(hasObeyed && task.staysOn, `${what}: stays on, and was cancelled with ${parent}`).not.toBe(
    true,
  );
  if (family?.latch) {
    for (const row of rows.values()) {
      const child = world.task(row.id);
      const isLost = isRunningOn(child, id) && !child?.staysOn;
      expect(isLost, `${what}: is cancelled, and ${row.id} goes on`).toBe(false);
    }
  }
}

/** Whether a child goes on as if nobody had told it. A worker that is told may take its time. */
function isRunningOn(task: Task | null, parent: string): boolean {
  if (task === null || parentOf(task) !== parent) return false;
  return task.status === "pending" || task.status === "running";
}

it("tells every child of a cancelled parent, whatever happens in between", async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const world = await anyLife(seed, true);
    for (const id of IDS) {
      checkTree(world, id, seed);
      checkCount(world, id, seed);
    }
  }
});

it("counts what lives below a task", async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const world = await anyLife(seed, false);
    for (const id of IDS) {
      checkTree(world, id, seed);
      checkCount(world, id, seed);
    }
  }
});

function checkCount(world: World, id: string, seed: number): void {
  const { family } = world.machine(id).disk;
  const { total, ended } = family?.counts ?? { total: 0, ended: 0 };
  const alive = aliveBelow(world, id);
  expect(total - ended, `seed ${seed}, task ${id}, below it ${alive}`).toBe(alive.length);
}
