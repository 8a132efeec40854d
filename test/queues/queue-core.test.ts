import { beforeEach, describe, expect, it } from "vitest";
import { START_MS, TestQueue } from "./harness.ts";

let queue: TestQueue;
beforeEach(() => {
  queue = new TestQueue();
});

const runs = (holder: string, attempt = 1) => ({ kind: "runs", attempt, holder }) as const;

async function drain(): Promise<readonly string[]> {
  const order: string[] = [];
  for (let turn = 0; ; turn++) {
    const id = await queue.run(`drain-${turn}`);
    if (id === null) return order;
    order.push(id);
  }
}

describe("the order", () => {
  it("is that of priority, then first come first served", async () => {
    await queue.wait("low", { priority: -1 });
    await queue.wait("first");
    await queue.wait("second");
    await queue.wait("high", { priority: 9 });
    expect(await drain()).toEqual(["high", "first", "second", "low"]);
  });

  it("outlives an eviction", async () => {
    await queue.wait("first");
    queue.evict();
    await queue.wait("second");
    expect(await drain()).toEqual(["first", "second"]);
  });

  it("of delayed tasks is that in which their times come", async () => {
    await queue.wait("later", { availableAtMs: START_MS + 20_000 });
    await queue.wait("sooner", { availableAtMs: START_MS + 10_000 });
    await queue.pass(30);
    await queue.wait("last");
    expect(await drain()).toEqual(["sooner", "later", "last"]);
  });

  it("is kept by a task that says again that it waits", async () => {
    await queue.wait("first");
    await queue.wait("second");
    await queue.wait("first");
    expect(await drain()).toEqual(["first", "second"]);
  });

  it("is left by one that comes back after a run", async () => {
    await queue.wait("first");
    await queue.wait("second");
    await queue.run("worker");
    await queue.wait("first", { attempt: 1 });
    expect(await drain()).toEqual(["second", "first"]);
  });
});

describe("an offer", () => {
  it("is made to one worker at a time", async () => {
    await queue.wait("a");
    await queue.wait("b");
    expect(await queue.core.offer("one")).toEqual({ id: "a" });
    expect(await queue.core.offer("two")).toEqual({ id: "b" });
    expect(await queue.core.offer("three")).toBeNull();
  });

  it("is made again to the same holder, and to nobody else for as long", async () => {
    await queue.wait("a");
    await queue.core.offer("one");
    await queue.pass(10);
    expect(await queue.core.offer("one")).toEqual({ id: "a" });
    await queue.pass(10);
    expect(await queue.core.offer("two")).toBeNull();
  });

  it("that nobody settles goes to the next worker after 15 seconds", async () => {
    await queue.wait("a");
    await queue.core.offer("one");
    const parked = await queue.park("two");
    await queue.pass(14.9);
    expect(parked.told).toBeUndefined();
    await queue.pass(0.1);
    expect(parked.told).toEqual({ id: "a" });
  });

  it("that a worker declines goes to the next one at once", async () => {
    await queue.wait("a");
    await queue.core.offer("one");
    const parked = await queue.park("two");
    await queue.core.settle({ id: "a", holder: "one" }, { kind: "declined" });
    expect(parked.told).toEqual({ id: "a" });
  });

  it("of a task that cannot be reached is made to nobody for a while, and others are", async () => {
    await queue.wait("a");
    await queue.wait("b");
    await queue.core.offer("one");
    await queue.core.settle({ id: "a", holder: "one" }, { kind: "unreachable" });
    expect(await queue.core.offer("one")).toEqual({ id: "b" });
    expect(await queue.core.offer("two")).toBeNull();
    await queue.pass(15);
    expect(await queue.core.offer("two")).toEqual({ id: "a" });
  });

  it("of a task that does not wait is dropped, as the task says", async () => {
    await queue.wait("a");
    await queue.core.offer("one");
    await queue.core.settle({ id: "a", holder: "one" }, { kind: "gone" });
    expect(await queue.core.read()).toMatchObject({ pending: 0, running: 0 });
    expect(await drain()).toEqual([]);
  });

  it("of a task that another worker runs is dropped, and the run is counted", async () => {
    await queue.wait("a");
    await queue.core.offer("one");
    queue.crash();
    await queue.core.offer("two");
    await queue.core.settle({ id: "a", holder: "two" }, runs("one"));
    expect(await queue.core.read()).toMatchObject({ pending: 0, running: 1 });
    expect(await queue.core.offer("one")).toEqual({ id: "a" });
  });

  it("of a task that has to wait longer is made later", async () => {
    await queue.wait("a");
    await queue.core.offer("one");
    const availableAtMs = START_MS + 60_000;
    const word = { kind: "waits", attempt: 0, priority: 0, availableAtMs } as const;
    await queue.core.settle({ id: "a", holder: "one" }, word);
    expect(await queue.core.offer("two")).toBeNull();
    await queue.pass(60);
    expect(await queue.core.offer("two")).toEqual({ id: "a" });
  });

  it("is the task that the holder runs, if its claim's answer was lost", async () => {
    await queue.wait("a");
    await queue.wait("b");
    expect(await queue.run("one")).toBe("a");
    expect(await queue.core.offer("one")).toEqual({ id: "a" });
    queue.evict();
    expect(await queue.core.offer("one")).toEqual({ id: "a" });
    await queue.core.hear([{ id: "a", word: { kind: "gone" } }]);
    expect(await queue.core.offer("one")).toEqual({ id: "b" });
  });
});

describe("a parked claim", () => {
  it("is told of a task that comes, one claim a task, the longest waiting first", async () => {
    const claims = [await queue.park("one"), await queue.park("two"), await queue.park("three")];
    await queue.wait("a");
    await queue.wait("b");
    expect(claims.map(({ told }) => told)).toEqual([{ id: "a" }, { id: "b" }, undefined]);
    expect(await queue.core.read()).toMatchObject({ waitingWorkers: 1, pending: 2 });
  });

  it("waits on over an eviction, and in the same order", async () => {
    const first = await queue.park("one");
    queue.nowMs += 1;
    const second = await queue.park("two");
    queue.evict();
    await queue.wait("a");
    expect([first.told, second.told]).toEqual([{ id: "a" }, undefined]);
  });

  it("is told of a delayed task when its time comes, also after an eviction", async () => {
    const parked = await queue.park("one");
    await queue.wait("a", { availableAtMs: START_MS + 3_600_000 });
    queue.evict();
    await queue.pass(3599);
    expect(parked.told).toBeUndefined();
    await queue.pass(1);
    expect(parked.told).toEqual({ id: "a" });
  });

  it("that comes after a delayed task is told of it, too", async () => {
    await queue.wait("a", { availableAtMs: START_MS + 60_000 });
    const parked = await queue.park("one");
    await queue.pass(60);
    expect(parked.told).toEqual({ id: "a" });
  });

  it("gives way to one of the same holder that does not wait, and gets no task any more", async () => {
    const parked = await queue.park("one");
    expect(await queue.core.offer("one")).toBeNull();
    expect(parked.told).toBeNull();
    await queue.wait("a");
    expect(await queue.core.offer("two")).toEqual({ id: "a" });
  });

  it("gives way to a later one of the same holder, whose client has come back", async () => {
    const lost = await queue.park("one");
    const other = await queue.park("two");
    const again = await queue.park("one");
    expect(lost.told).toBeNull();
    await queue.wait("a");
    await queue.wait("b");
    expect([other.told, again.told]).toEqual([{ id: "a" }, { id: "b" }]);
  });

  it("whose client leaves is told of nothing", async () => {
    const gone = await queue.park("one");
    const there = await queue.park("two");
    await gone.leave();
    await queue.wait("a");
    expect([gone.told, there.told]).toEqual([undefined, { id: "a" }]);
    expect(await queue.core.read()).toMatchObject({ waitingWorkers: 0 });
  });

  it("costs nothing while it waits: no alarm is set, and nothing is written", async () => {
    for (let number = 0; number < 100; number++) await queue.park(`worker-${number}`);
    expect(queue.alarmsSet).toBe(0);
    expect(queue.disk.sql("SELECT name FROM sqlite_master")).toEqual([]);
  });
});

describe("a task that is being declared", () => {
  const reserve = (id: string) => queue.core.reserve([{ id, priority: 0, availableAtMs: null }]);

  it("is offered once it says that it waits", async () => {
    const parked = await queue.park("one");
    expect(await reserve("a")).toBe(true);
    expect(parked.told).toBeUndefined();
    await queue.wait("a");
    expect(parked.told).toEqual({ id: "a" });
  });

  it("is offered after 15 seconds, should its Worker have died after it was declared", async () => {
    const parked = await queue.park("one");
    await reserve("a");
    await queue.pass(15);
    expect(parked.told).toEqual({ id: "a" });
  });

  it("keeps its place over an eviction", async () => {
    await reserve("a");
    queue.crash();
    expect(await queue.core.offer("one")).toEqual({ id: "a" });
  });

  it("does not lose its place, or its run, to a second declaration", async () => {
    await queue.wait("a");
    await reserve("a");
    expect(await queue.run("one")).toBe("a");
    await reserve("a");
    expect(await queue.core.read()).toMatchObject({ pending: 0, running: 1 });
  });
});

describe("accepting", () => {
  it("false refuses new tasks, and takes back those that the queue had", async () => {
    await queue.core.configure({ accepting: false });
    expect(await queue.core.reserve([{ id: "a", priority: 0, availableAtMs: null }])).toBe(false);
    await queue.wait("b", { attempt: 1 });
    expect(await drain()).toEqual(["b"]);
  });
});

describe("a paused queue", () => {
  it("hands out nothing, and everything again once it goes on", async () => {
    await queue.wait("a");
    await queue.core.configure({ paused: true });
    const parked = await queue.park("one");
    await queue.wait("b");
    expect(await queue.core.offer("two")).toBeNull();
    expect(parked.told).toBeUndefined();
    queue.evict();
    await queue.core.configure({ paused: false });
    expect(parked.told).toEqual({ id: "a" });
    expect(await queue.core.offer("two")).toEqual({ id: "b" });
  });

  it("sets no alarm for those who wait", async () => {
    await queue.core.configure({ paused: true });
    await queue.park("one");
    await queue.wait("a", { availableAtMs: START_MS + 1000 });
    expect(queue.alarmAtMs).toBeNull();
  });

  it("still says what a holder runs", async () => {
    await queue.wait("a");
    await queue.run("one");
    await queue.core.configure({ paused: true });
    expect(await queue.core.offer("one")).toEqual({ id: "a" });
  });
});

describe("maxRunning", () => {
  beforeEach(async () => {
    await queue.core.configure({ maxRunning: 2 });
    for (const id of ["a", "b", "c"]) await queue.wait(id);
  });

  it("counts what runs and what is being started", async () => {
    await queue.run("one");
    expect(await queue.core.offer("two")).toEqual({ id: "b" });
    expect(await queue.core.offer("three")).toBeNull();
  });

  it("lets the next one start when one has ended", async () => {
    await queue.run("one");
    await queue.run("two");
    const parked = await queue.park("three");
    expect(parked.told).toBeUndefined();
    await queue.core.hear([{ id: "a", word: { kind: "gone" } }]);
    expect(parked.told).toEqual({ id: "c" });
  });

  it("lets more start when it is raised, and any number when it is lifted", async () => {
    await queue.run("one");
    await queue.run("two");
    const parked = await queue.park("three");
    await queue.core.configure({ maxRunning: 3 });
    expect(parked.told).toEqual({ id: "c" });
    expect(await queue.core.configure({ maxRunning: null })).toMatchObject({ maxRunning: null });
  });

  it("is not held by a run whose end was lost: the queue asks the task after a minute", async () => {
    await queue.run("one");
    await queue.run("two");
    queue.words.set("b", runs("two"));
    const parked = await queue.park("three");
    queue.evict();
    await queue.pass(60);
    expect([...queue.asked].sort()).toEqual(["a", "b"]);
    expect(parked.told).toEqual({ id: "c" });
    expect(await queue.core.read()).toMatchObject({ running: 1, pending: 1 });
  });

  it("is asked for ever less often, and still after an hour", async () => {
    await queue.run("one");
    queue.words.set("a", runs("one"));
    await queue.pass(4 * 3600);
    // After 1, 3, 7, 15, 31, 63 minutes, and then once an hour.
    expect(queue.asked).toHaveLength(8);
  });

  it("is kept by a run that cannot be reached", async () => {
    await queue.run("one");
    queue.words.set("a", new Error("unreachable"));
    await queue.pass(60);
    expect(await queue.core.read()).toMatchObject({ running: 1 });
    queue.words.delete("a");
    await queue.pass(120);
    expect(await queue.core.read()).toMatchObject({ running: 0 });
  });

  it("goes back to the line with a task that waits again, whose word was lost", async () => {
    await queue.run("one");
    queue.words.set("a", { kind: "waits", attempt: 1, priority: 0, availableAtMs: null });
    await queue.pass(60);
    expect(await queue.core.read()).toMatchObject({ running: 0, pending: 3 });
  });
});

describe("a word that comes late", () => {
  it("of before a run does not end it", async () => {
    await queue.wait("a");
    await queue.run("one");
    await queue.wait("a");
    expect(await queue.core.read()).toMatchObject({ running: 1, pending: 0 });
  });

  it("of a run is counted once", async () => {
    await queue.wait("a");
    await queue.run("one");
    await queue.core.hear([{ id: "a", word: runs("one") }]);
    await queue.core.hear([{ id: "a", word: runs("two", 2) }]);
    expect(await queue.core.read()).toMatchObject({ running: 1 });
    expect(await queue.core.offer("one")).toBeNull();
  });
});

describe("the counts", () => {
  it("are those of pending, delayed and running tasks and waiting workers", async () => {
    await queue.wait("a");
    await queue.pass(3);
    await queue.wait("b");
    await queue.wait("c", { availableAtMs: queue.nowMs + 5000 });
    await queue.wait("d", { priority: 3 });
    await queue.run("one");
    const expected = {
      queue: "gpu",
      paused: false,
      accepting: true,
      maxRunning: null,
      pending: 2,
      delayed: 1,
      running: 1,
      oldestPendingSeconds: 3,
      waitingWorkers: 0,
    };
    expect(await queue.core.read()).toEqual(expected);
    queue.evict();
    expect(await queue.core.read()).toEqual(expected);
    await queue.pass(5);
    expect(await queue.core.read()).toMatchObject({ pending: 3, delayed: 0 });
  });

  it("are told at once, and then at most twice a second, the last of them always", async () => {
    const told = await queue.watchCounts();
    expect(told()).toHaveLength(1);
    for (let number = 0; number < 100; number++) await queue.wait(`task-${number}`);
    expect(told().length).toBeLessThanOrEqual(2);
    await queue.pass(0.5);
    expect(told().at(-1)).toMatchObject({ pending: 100 });
    const { length } = told();
    await queue.pass(3600);
    expect(told()).toHaveLength(length);
  });

  it("are told when a delayed task's time comes, also after an eviction", async () => {
    const told = await queue.watchCounts();
    await queue.wait("a", { availableAtMs: START_MS + 10_000 });
    queue.evict();
    await queue.pass(11);
    expect(told().at(-1)).toMatchObject({ pending: 1, delayed: 0 });
  });
});

describe("the cost of a claim", () => {
  async function statementsOfAClaim(waiting: number): Promise<number> {
    const { sql } = queue.disk;
    await queue.wait("first");
    sql("BEGIN");
    for (let number = 0; number < waiting; number++) {
      sql("INSERT INTO waiting VALUES (?, 0, ?, NULL)", `task-${number}`, number);
    }
    sql("COMMIT");
    queue.evict();
    await queue.run("before");
    const before = queue.disk.statements();
    await queue.run("one");
    return queue.disk.statements() - before;
  }

  it("does not grow with the tasks that wait", async () => {
    const few = await statementsOfAClaim(10);
    queue = new TestQueue();
    expect(await statementsOfAClaim(20_000)).toBe(few);
    const plans = [
      "SELECT id, rank, place FROM waiting WHERE available_at_ms IS NULL AND (rank, place, id) > (0, 0, '') ORDER BY rank, place, id LIMIT 16",
      "SELECT COUNT(*) FROM waiting WHERE available_at_ms IS NULL",
      "SELECT id FROM waiting WHERE available_at_ms <= 5 ORDER BY available_at_ms LIMIT 500",
    ].flatMap((query) => queue.disk.sql(`EXPLAIN QUERY PLAN ${query}`).map(({ detail }) => detail));
    expect(plans).toEqual([
      expect.stringMatching(/^SEARCH waiting USING COVERING INDEX ready \(/),
      "SCAN waiting USING COVERING INDEX ready",
      expect.stringMatching(/^SEARCH waiting USING (COVERING )?INDEX delayed \(/),
    ]);
  });

  it("does not grow with the tasks that are being started", async () => {
    for (let number = 0; number < 2000; number++) await queue.wait(`task-${number}`);
    const costs: number[] = [];
    for (let number = 0; number < 2000; number++) {
      const before = queue.disk.statements();
      await queue.core.offer(`worker-${number}`);
      costs.push(queue.disk.statements() - before);
    }
    expect(Math.max(...costs)).toBe(costs[0]);
  });
});

describe("a statement that fails", () => {
  const steps: readonly ((queue: TestQueue) => Promise<unknown>)[] = [
    ({ core }) => core.reserve([{ id: "a", priority: 0, availableAtMs: null }]),
    (queue) => queue.wait("a"),
    (queue) => queue.wait("b"),
    (queue) => queue.wait("c", { availableAtMs: START_MS + 60_000 }),
    ({ core }) => core.configure({ maxRunning: 2 }),
    (queue) => queue.run("one"),
    (queue) => queue.wait("a", { attempt: 1, priority: 1, availableAtMs: START_MS + 1000 }),
    (queue) => queue.run("two"),
    async (queue) => {
      queue.nowMs = START_MS + 60_000;
      await queue.core.read();
    },
    ({ core }) => core.hear([{ id: "b", word: { kind: "gone" } }]),
    (queue) => queue.run("three"),
  ];

  /** Lives through all steps; one that fails is repeated, as its caller does. */
  async function live(queue: TestQueue, check: () => Promise<void>): Promise<void> {
    for (const step of steps) {
      await step(queue).catch(async () => {
        await check();
        await step(queue);
      });
    }
  }

  it("leaves nothing in memory that is not on disk, whichever it is", async () => {
    const undisturbed = new TestQueue();
    await live(undisturbed, async () => {});
    const count = undisturbed.disk.statements();
    expect(count).toBeGreaterThan(30);
    for (let failing = 1; failing <= count; failing++) {
      queue = new TestQueue();
      queue.disk.failIn(failing);
      let failures = 0;
      await live(queue, async () => {
        failures += 1;
        const { core } = queue;
        const known = await core.read();
        queue.evict();
        expect(known, `statement ${failing}`).toEqual(await queue.core.read());
        queue.core = core;
      });
      expect(failures).toBe(1);
      expect(await queue.core.read()).toEqual(await undisturbed.core.read());
    }
  });

  it("leaves an alarm that could not be set to the next turn", async () => {
    await queue.wait("a");
    queue.failsToSetAlarm = true;
    await expect(queue.run("one")).rejects.toThrow("no alarm");
    queue.failsToSetAlarm = false;
    await queue.core.read();
    expect(queue.alarmAtMs).toBe(START_MS + 60_000);
  });
});
