import { describe, expect, it } from "vitest";
import { reportOf } from "../../src/tasks/family.ts";
import { isEnded } from "../../src/tasks/task.ts";
import { World } from "./family-world.ts";
import { event } from "./harness.ts";
import { arrive, type Choose, inEveryOrder } from "./orders.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

type Act = (world: World) => Promise<unknown>;

const declaresParent: Act = (world) => world.command("a", event.declare());
const declares: Act = (world) => world.make("b", "a", "declare");
const starts: Act = (world) => world.make("b", "a", "start");
const adopts: Act = (world) =>
  world.call("a", "adopt", (core) => core.kin.adopt({ child: "b", staysOn: false }));
const cancels: Act = (world) => world.command("b", event.cancel());
const cancelsParent: Act = (world) => world.command("a", event.cancel());
const forgetsParent: Act = (world) => world.call("a", "forget", (core) => core.forget());
const forgets: Act = (world) => world.call("b", "forget", (core) => core.forget());

/** Everything that is asked of a world, one after the other. */
async function done(world: World, ...acts: readonly Act[]): Promise<void> {
  for (const act of acts) {
    const doing = act(world);
    await world.quiet(0);
    await doing;
  }
}

function livingBelow(world: World, id: string): number {
  const { total = 0, ended = 0 } = world.machine(id).core.read()?.descendants ?? {};
  return total - ended;
}

describe("a child that has ended, is made again and forgotten at once", () => {
  it.each<[string, readonly Act[]]>([
    ["a cancelled parent", [declares, cancels, cancelsParent]],
    ["a parent that goes on", [declares, cancels]],
  ])("does not count as living below %s, in any order", async (_name, first) => {
    await inEveryOrder(async (choose) => {
      const world = new World(1);
      await done(world, ...first);
      const doing = Promise.allSettled([starts(world), forgets(world)]);
      const choices = await arrive(world, choose);
      await doing;
      await world.quiet(2 * MINUTE_MS);
      // If it was forgotten before it was started, it is another child, and runs.
      const task = world.task("b");
      const living = task === null || isEnded(task) ? 0 : 1;
      const row = JSON.stringify(world.machine("a").disk.rows.get("b"));
      expect(livingBelow(world, "a"), `${choices} ${task?.status} ${row}`).toBe(living);
      return choices;
    });
  });
});

describe("a parent finds out what became of a child whose Worker died", () => {
  /** The Worker dies after so much has arrived, and the parent's object with it. */
  async function cutAfter(steps: number, make: Act, first: readonly Act[], choose: Choose) {
    const world = new World(1);
    await done(world, ...first);
    const doing = make(world).catch(() => {});
    await arrive(world, choose, steps);
    world.loseAll();
    world.kill("a");
    await doing;
    return world;
  }

  it.each<[string, Act]>([
    ["declares", declares],
    ["starts", starts],
  ])("within minutes if it %s one that has ended", async (_name, make) => {
    for (let steps = 1; steps <= 4; steps++) {
      const world = await cutAfter(steps, make, [declares, cancels], () => 0);
      await world.quiet(2 * MINUTE_MS);
      expect(livingBelow(world, "a"), `after ${steps} steps`).toBe(0);
    }
  });

  it("within minutes if it was cancelled before", async () => {
    const world = await cutAfter(1, declares, [cancelsParent], () => 0);
    await world.quiet(2 * MINUTE_MS);
    expect([world.task("b"), livingBelow(world, "a")]).toEqual([null, 0]);
  });

  it("also if other children are to be asked much later, and one is to be asked soon", async () => {
    const world = new World(1);
    await done(world, declares, cancels, (world) => world.make("c", "a", "declare"));
    await done(world, (world) => world.command("c", event.cancel()));
    await done(world, (world) => world.make("d", "a", "declare"));
    for (const id of ["b", "c"]) {
      await done(world, async (world) => {
        await world.call("a", "adopt", (core) => core.kin.adopt({ child: id, staysOn: false }));
      });
      await world.quiet(MINUTE_MS / 2);
    }
    await world.quiet(1.6 * MINUTE_MS);
    expect([world.task("d")?.status, livingBelow(world, "a")]).toEqual(["pending", 1]);
  });

  it("also if it tries to tell another one meanwhile", async () => {
    const world = new World(1);
    await done(world, declares, cancels, (world) => world.make("c", "a", "declare"));
    world.unreachable.add("c");
    const cancelling = cancelsParent(world);
    await world.quiet(HOUR_MS);
    await cancelling;
    const adopting = world.call("a", "adopt", (core) =>
      core.kin.adopt({ child: "b", staysOn: false }),
    );
    await world.quiet(1.5 * MINUTE_MS);
    await adopting;
    expect(livingBelow(world, "a")).toBe(1);
    world.unreachable.delete("c");
    await world.quiet(10 * MINUTE_MS);
    expect(livingBelow(world, "a")).toBe(0);
  });

  it("within two hours if it made none", async () => {
    const world = await cutAfter(1, declares, [declaresParent], () => 0);
    expect(livingBelow(world, "a")).toBe(1);
    await world.quiet(2 * HOUR_MS);
    expect([world.task("b"), livingBelow(world, "a")]).toEqual([null, 0]);
    expect(world.machine("a").disk.rows.size).toBe(0);
  });

  it("that is made later than anybody would think", async () => {
    const world = await cutAfter(1, declares, [declaresParent], () => 0);
    await world.quiet(1.5 * HOUR_MS);
    await done(world, declares);
    expect(livingBelow(world, "a")).toBe(1);
    await done(world, cancelsParent);
    expect([world.task("b")?.status, livingBelow(world, "a")]).toEqual(["cancelled", 0]);
  });
});

describe("a Worker that takes its time", () => {
  it("makes no child that was forgotten since its adoption", async () => {
    const world = new World(1);
    await done(world, declares);
    await world.quiet(1.5 * MINUTE_MS);
    await done(world, adopts);
    const adoptedAtMs = world.nowMs;
    await done(world, cancels, forgets, cancelsParent, forgets, forgetsParent);
    await world.quiet(0.9 * MINUTE_MS);
    world.kill("b");
    const command = event.declare({ ancestors: ["a"], adoptedAtMs });
    const making = world.command("b", command);
    await world.quiet(0);
    expect(await making).toMatchObject({ kind: "refused", refusal: "outdated" });
    await world.quiet(2 * MINUTE_MS);
    expect(world.machine("b").disk).toMatchObject({ task: null, tombstone: null });
  });

  it("makes a child that another one never made, and that is cancelled all the same", async () => {
    const world = new World(1);
    await done(world, adopts);
    await world.quiet(HOUR_MS - MINUTE_MS / 2);
    await done(world, adopts);
    await world.quiet(0.9 * MINUTE_MS);
    await done(world, (world) => world.command("b", event.declare({ ancestors: ["a"] })));
    await done(world, cancelsParent);
    expect(world.task("b")?.status).toBe("cancelled");
  });
});

describe("a child that was forgotten and made anew", () => {
  it("counts as living though what an earlier one has answered comes late", async () => {
    const world = new World(1);
    await done(world, declares, cancels, adopts);
    const asking = world.call("a", "check", (core) =>
      core.kin.hearChild({ type: "check", child: "b" }),
    );
    await world.arrives("check");
    await world.arrives("hearParent");
    const forgetting = forgets(world);
    for (const what of ["forget", "forgotten"]) await world.arrives(what);
    const [late, farewell] = ["a", "b"];
    await world.answers(farewell);
    const making = declares(world);
    for (const what of ["adopt", "declare"]) await world.arrives(what);
    await world.answers(late);
    await Promise.all([asking, forgetting, making]);
    expect([world.task("b")?.status, livingBelow(world, "a")]).toEqual(["pending", 1]);
  });

  it("counts as living though an old report of its end comes late", async () => {
    const world = new World(1);
    await done(world, declares, cancels);
    const report = reportOf("b", world.task("b") ?? expect.fail(), null);
    await done(world, forgets, declares, (world) =>
      world.call("a", "report", (core) => core.kin.hearChild({ type: "report", report })),
    );
    expect([world.task("b")?.status, livingBelow(world, "a")]).toEqual(["pending", 1]);
  });

  it("is known to have ended though its clock was set back", async () => {
    const world = new World(1);
    await done(world, declares, cancels);
    await world.quiet(3 * MINUTE_MS);
    await done(world, forgets);
    world.nowMs -= 4 * MINUTE_MS;
    await done(world, declares, cancels);
    expect([world.task("b")?.status, livingBelow(world, "a")]).toEqual(["cancelled", 1]);
    await world.quiet(2 * MINUTE_MS);
    expect(livingBelow(world, "a")).toBe(0);
  });
});

describe("a cancelled parent", () => {
  it("is not forgotten just after it adopted a child that another one has", async () => {
    const world = new World(1);
    await done(world, (world) => world.make("b", "other", "declare"), declaresParent);
    await done(world, declares, cancelsParent, forgetsParent);
    expect([world.task("a")?.status, livingBelow(world, "a")]).toEqual(["cancelled", 0]);
    await world.quiet(MINUTE_MS);
    await done(world, forgetsParent);
    expect(world.task("a")).toBeNull();
  });

  it("tells a child that had failed before, and runs again", async () => {
    const world = new World(1);
    await done(world, starts, (world) => world.command("b", event.finish("failed")));
    await done(world, cancelsParent, (world) => world.command("b", event.start("another")));
    await world.quiet(1000);
    expect(world.task("b")?.status).toBe("cancelling");
  });
});

describe("an ordinary child", () => {
  it("is not asked if it ends within the hour, and all that come in that hour cost one alarm", async () => {
    const world = new World(1);
    for (const id of ["b", "c", "d"]) {
      await done(world, (world) => world.make(id, "a", "start"));
      await world.quiet(10 * MINUTE_MS);
      await done(world, (world) => world.command(id, event.finish("succeeded")));
    }
    expect(world.machine("a").disk.alarms).toBe(1);
    const { calls } = world;
    await world.quiet(5 * HOUR_MS);
    expect(world.calls).toBe(calls);
    expect(world.machine("a").disk).toMatchObject({ alarmAtMs: null, family: { doubtful: 0 } });
  });

  it("is asked once if it goes on, with all that came in that hour", async () => {
    const world = new World(1);
    for (const id of ["b", "c", "d"]) {
      await done(world, (world) => world.make(id, "a", "start"));
      await world.quiet(10 * MINUTE_MS);
    }
    const { calls } = world;
    await world.quiet(24 * HOUR_MS);
    expect(world.calls - calls).toBe(3);
    expect(livingBelow(world, "a")).toBe(3);
  });
});
