import { afterEach, describe, expect, it, vi } from "vitest";
import { Life } from "./life.ts";
import { FAULTS, isPossible, World } from "./world.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Whatever a queue does: tasks come, one is given back, one is cancelled, all others are finished. */
async function wholeLife(life: Life): Promise<void> {
  await life.enqueue("a", "b");
  const first = await life.claim();
  if (first) await life.end(first, "release");
  const second = await life.claim();
  await life.enqueue("c");
  await life.insist("POST", "/v1/tasks/c/cancel");
  if (second) await life.end(second, "finish");
  const third = await life.claim();
  if (third) await life.end(third, "finish");
}

/** Workers that never come back when they were cut off, at a queue that runs one task at a time. */
async function lifeOfTheImpatient(life: Life): Promise<void> {
  await life.insist("PUT", "/v1/queues/gpu", { maxRunning: 1 });
  await life.enqueue("a", "b");
  for (let turn = 0; turn < 3; turn++) {
    const task = await life.claimOnce();
    if (task) await life.end(task, "finish");
    await life.world.wait(1);
  }
}

/**
 * Each with how long it may take at most. An offer that nobody takes up lasts 15 seconds; only a worker
 * that is gone costs a lease, a grace period and a back-off. No task has to remind its queue.
 */
const LIVES = [
  ["tasks that are enqueued, claimed, given back, cancelled and finished", 30, wholeLife],
  ["workers that do not come back, one task at a time", 120, lifeOfTheImpatient],
] as const;

describe.each(LIVES)("%s", async (_, withinSeconds, live) => {
  const undisturbed = new World();
  const life = new Life(undisturbed);
  await undisturbed.until(live(life));
  await undisturbed.pass(1);
  const stepCount = undisturbed.steps.length;
  await undisturbed.until(life.drain(15));
  vi.useRealTimers();
  vi.restoreAllMocks();

  const gaps = undisturbed.steps
    .slice(0, stepCount)
    .flatMap((step, number) =>
      FAULTS.filter((fault) => isPossible(step, fault)).map(
        (fault) => [fault, step, number] as const,
      ),
    );

  it.each(gaps)("come to their end where %s %s (step %i)", async (fault, _step, step) => {
    const world = new World((number) => (number === step ? fault : null));
    const life = new Life(world);
    await world.until(live(life));
    await world.until(life.drain(withinSeconds));
    expect(life.overlaps).toEqual([]);
    // A task that exists is never lost, and none is done twice.
    expect(world.tasks.map(({ id, status }) => [id, status]).sort()).toEqual(
      undisturbed.tasks.map(({ id, status }) => [id, status]).sort(),
    );
    expect([...life.done].sort()).toEqual(["a", "b"]);
    // In the end nothing is left of them: no row, no slot, nothing to be told.
    await world.pass(130);
    const state = await world.state();
    expect(state).toMatchObject({ pending: 0, delayed: 0, running: 0 });
  });
});

it("a claim whose client is gone starts nothing: the next worker gets the task at once", async () => {
  const client = new AbortController();
  const world = new World((_, step) => {
    if (step === "queue.offer") client.abort();
    return null;
  });
  const life = new Life(world);
  await life.enqueue("a");
  const claim = { holder: "gone" };
  const answer = await world.ask("POST", "/v1/queues/gpu/claim", claim, client.signal);
  expect(answer?.status).toBe(499);
  expect(world.tasks).toMatchObject([{ id: "a", status: "pending", attempt: 0 }]);
  expect(await life.claim()).toMatchObject({ id: "a", attempt: 1 });
});

it("a claim drops what is not to be had, and does not ask for ever", async () => {
  const world = new World();
  const life = new Life(world);
  const rows = Array.from({ length: 150 }, (_, number) => `none-${number}`);
  const word = { kind: "waits", attempt: 0, priority: 9, availableAtMs: null } as const;
  await world.queue.core.hear(rows.map((id) => ({ id, word })));
  await life.enqueue("a");
  const claim = { holder: "worker" };
  const busy = await world.ask("POST", "/v1/queues/gpu/claim", claim);
  expect([busy?.status, busy?.headers.get("Retry-After")]).toEqual([503, "1"]);
  expect(await life.claim()).toMatchObject({ id: "a" });
  expect(await world.state()).toMatchObject({ pending: 0, running: 1 });
});
