import { describe, expect, it, vi } from "vitest";
import { adopt } from "../../src/tasks/adoption.ts";
import { MAX_SETTLED_CHILDREN, NO_FAMILY } from "../../src/tasks/family.ts";
import { isEnded } from "../../src/tasks/task.ts";
import { World } from "./family-world.ts";
import { event } from "./harness.ts";

const HOUR_MS = 3_600_000;

/** Declares or starts a task, with everything that follows. */
async function made(world: World, ...[child, parent, ...rest]: Parameters<World["make"]>) {
  const making = world.make(child, parent, ...rest);
  await world.quiet(0);
  return making;
}

async function done(world: World, id: string, what: Parameters<World["command"]>[1]) {
  const doing = world.command(id, what);
  await world.quiet(0);
  return doing;
}

/** Ends and forgets a task that nobody runs. */
async function forgotten(world: World, id: string): Promise<void> {
  await done(world, id, event.cancel());
  const forgetting = world.machine(id).core.forget();
  await world.quiet(0);
  expect(await forgetting).toEqual({ kind: "forgotten" });
}

function statusesOf(world: World, ids: readonly string[]): (string | undefined)[] {
  return ids.map((id) => world.task(id)?.status);
}

function descendantsOf(world: World, id: string) {
  return world.machine(id).core.read()?.descendants;
}

describe("a child", () => {
  it("is cancelled with its parent, and so are its own, and all of them are counted", async () => {
    const world = new World(1);
    await made(world, "b", "a", "declare");
    await made(world, "c", "b", "start");
    expect(descendantsOf(world, "a")).toMatchObject({ total: 2, ended: 0 });
    await done(world, "a", event.cancel({ reason: "enough", requestedBy: "ann" }));
    expect(statusesOf(world, ["a", "b", "c"])).toEqual(["cancelled", "cancelled", "cancelling"]);
    const { cancellation } = world.machine("c").core.read() ?? {};
    expect(cancellation).toMatchObject({
      cause: "parent",
      reason: "cancelled with a: enough",
      requestedBy: "ann",
    });
    await done(world, "c", event.finish("cancelled"));
    const all = { total: 2, ended: 2, acknowledged: 1, unconfirmed: 0 };
    expect(descendantsOf(world, "a")).toEqual(all);
  });

  it("is born cancelled if its parent was, and its run does not begin", async () => {
    const world = new World(1);
    await done(world, "a", event.cancel());
    const declared = await made(world, "b", "a", "declare");
    const started = await made(world, "c", "a", "start");
    expect([declared?.kind, started?.kind]).toEqual(["changed", "refused"]);
    expect(statusesOf(world, ["b", "c"])).toEqual(["cancelled", "cancelled"]);
    expect(descendantsOf(world, "a")).toMatchObject({ total: 2, ended: 2 });
  });

  it("goes on when its parent is cancelled, if it asks for that, or when that ends otherwise", async () => {
    const world = new World(1);
    await made(world, "stays", "a", "start", { staysOn: true });
    await done(world, "a", event.cancel());
    await made(world, "b", "p", "start");
    await done(world, "p", event.start());
    await done(world, "p", event.finish("succeeded"));
    await world.quiet(HOUR_MS);
    expect(statusesOf(world, ["stays", "b"])).toEqual(["running", "running"]);
  });

  it("goes on or not as it was created to, whatever a later start of it says", async () => {
    const world = new World(1);
    for (const [parent, staysOn] of [
      ["a", true],
      ["b", false],
    ] as const) {
      await made(world, `${parent}1`, parent, "start", { staysOn });
      await made(world, `${parent}2`, parent, "declare", { staysOn });
      await done(world, `${parent}1`, event.finish("failed"));
      await world.machine(parent).core.kin.adopt({ child: `${parent}1`, staysOn: !staysOn });
      await done(world, `${parent}1`, event.start("other"));
      await done(world, parent, event.cancel());
      await made(world, `${parent}2`, parent, "start", { staysOn: !staysOn });
    }
    expect(statusesOf(world, ["a1", "a2"])).toEqual(["running", "running"]);
    expect(statusesOf(world, ["b1", "b2"])).toEqual(["cancelling", "cancelled"]);
  });

  it("that goes on is still cancelled once a newer one takes its place", async () => {
    const world = new World(1);
    await made(world, "d8", "deploys", "declare", { staysOn: true });
    await made(world, "d8", "deploys", "start");
    await done(world, "deploys", event.cancel());
    expect(statusesOf(world, ["d8"])).toEqual(["running"]);
    await made(world, "d9", "deploys", "declare", { staysOn: true, supersede: true });
    expect(statusesOf(world, ["d8", "d9"])).toEqual(["cancelling", "pending"]);
  });

  it("is one of at most 10,000 that have not ended", () => {
    const parent = (living: number) => ({
      id: "a",
      ancestors: [],
      family: { ...NO_FAMILY, living },
    });
    const request = { child: "b", staysOn: false };
    const last = adopt(parent(9999), null, request, 0);
    const full = { kind: "refused", refusal: "full" };
    expect(adopt(parent(10_000), null, request, 0).answer).toEqual(full);
    expect(last).toMatchObject({
      answer: { kind: "adopted" },
      stored: { family: { living: 10_000 } },
    });
    // A child that the parent has may be named again; one that has ended is one more.
    const row = last.stored?.row ?? null;
    expect(adopt(parent(10_000), row, request, 0).answer.kind).toBe("adopted");
    expect(adopt(parent(10_000), row && { ...row, hasEnded: true }, request, 0).answer).toEqual(
      full,
    );
  });

  it("is told by a parent that has ended, and is cancelled then", async () => {
    const world = new World(1);
    await made(world, "b", "a", "declare");
    await made(world, "c", "b", "start");
    await done(world, "b", event.start());
    await done(world, "b", event.finish("succeeded"));
    await done(world, "a", event.cancel());
    expect(statusesOf(world, ["b", "c"])).toEqual(["succeeded", "cancelling"]);
  });

  it("takes the place of earlier ones, not of later ones", async () => {
    const world = new World(1);
    await made(world, "d8", "deploys", "start");
    await made(world, "d9", "deploys", "declare", { supersede: true });
    expect(statusesOf(world, ["d8", "d9"])).toEqual(["cancelling", "pending"]);
    expect(world.machine("d8").core.read()?.cancellation).toMatchObject({
      cause: "superseded",
      reason: "superseded by d9",
    });
    await made(world, "d10", "deploys", "declare");
    await made(world, "d9", "deploys", "declare", { supersede: true });
    expect(statusesOf(world, ["d9", "d10"])).toEqual(["pending", "pending"]);
  });

  it("says whose token took its place, though both objects are killed on the way", async () => {
    const world = new World(1);
    const cancellation = () => world.machine("d8").core.read()?.cancellation ?? null;
    await made(world, "d8", "deploys", "start");
    const options = { supersede: true, requestedBy: "ann" };
    world.make("d9", "deploys", "declare", options).catch(() => {});
    await world.arrives("adopt");
    await world.arrives("declare");
    world.kill("d9");
    world.unreachable.add("d8");
    await world.quiet(60_000);
    world.kill("deploys");
    expect(cancellation()).toBeNull();
    world.unreachable.delete("d8");
    await world.quiet(600_000);
    expect(cancellation()).toMatchObject({ cause: "superseded", requestedBy: "ann" });
  });

  it("says that of nobody if an earlier version has noted that it takes its place", async () => {
    const world = new World(1);
    await made(world, "d8", "deploys", "start");
    await made(world, "d9", "deploys", "declare");
    const { kin } = world.machine("d9").core;
    const sending = kin.send({ type: "parent.supersede", parent: "deploys" });
    await world.quiet(0);
    await sending;
    expect(world.machine("d8").core.read()?.cancellation).toMatchObject({
      cause: "superseded",
      requestedBy: null,
    });
  });

  it("has no parent below itself, and at most 32 tasks above", async () => {
    const world = new World(1);
    expect(await made(world, "a", "a", "declare")).toBeNull();
    await made(world, "t1", "t0", "declare");
    for (let depth = 2; depth <= 32; depth++) {
      await made(world, `t${depth}`, `t${depth - 1}`, "declare");
    }
    expect(world.task("t32")?.ancestors).toHaveLength(32);
    expect(await made(world, "t33", "t32", "declare")).toBeNull();
    // It is known, so its parent stays what it is.
    expect(await made(world, "t0", "t5", "declare")).toBeNull();
    await done(world, "t0", event.cancel());
    expect(world.task("t32")?.status).toBe("cancelled");
    expect(descendantsOf(world, "t0")).toMatchObject({ total: 32, ended: 32 });
  });

  it("of another parent is dropped again", async () => {
    const world = new World(1);
    await made(world, "b", "a", "start");
    await done(world, "other", event.declare());
    await made(world, "b", "other", "declare");
    expect(descendantsOf(world, "other")).toMatchObject({ total: 0 });
    await done(world, "other", event.cancel());
    expect(world.task("b")?.status).toBe("running");
  });

  it("makes no parent that is not known if it has another, or has ended for good", async () => {
    const world = new World(1);
    await made(world, "b", "a", "declare");
    for (const command of ["declare", "start"] as const) await made(world, "b", "other", command);
    expect([world.task("b")?.status, world.task("other")]).toEqual(["running", null]);
    await done(world, "b", event.finish("succeeded"));
    await forgotten(world, "a");
    expect(await made(world, "b", "a", "start")).toMatchObject({ refusal: "closed" });
    expect(await made(world, "b", "a", "declare")).toMatchObject({ kind: "unchanged" });
    expect(world.task("a")).toBeNull();
  });

  it("makes no parent anew that was forgotten if it does not begin to run", async () => {
    const world = new World(1);
    await made(world, "b", "a", "declare");
    await done(world, "b", event.start("another"));
    await done(world, "b", event.finish("failed"));
    await made(world, "b", "a", "start");
    await done(world, "b", event.finish("failed", { attempt: 2 }));
    await forgotten(world, "a");
    expect(await made(world, "b", "a", "declare")).toMatchObject({ kind: "unchanged" });
    expect(await made(world, "b", "a", "start")).toMatchObject({ refusal: "closed" });
    expect(world.task("a")).toBeNull();
  });

  it("that lives again hears of a cancel of its parent though that has dropped or forgotten it", async () => {
    const world = new World(1);
    for (const id of ["b", "c"]) {
      await made(world, id, "a", "start");
      await done(world, id, event.finish("failed"));
    }
    for (let child = 0; child < MAX_SETTLED_CHILDREN; child++) {
      await made(world, `d${child}`, "a", "start");
      await done(world, `d${child}`, event.finish("succeeded"));
    }
    expect(world.machine("a").disk.rows.has("b")).toBe(false);
    await done(world, "b", { type: "retry" });
    await done(world, "a", event.cancel());
    await done(world, "c", event.start("another"));
    await world.quiet(0);
    expect(statusesOf(world, ["a", "b", "c"])).toEqual(["cancelled", "cancelled", "cancelling"]);
  });

  it("makes its parent anew if it lives again after that was forgotten, and is cancelled with it", async () => {
    const world = new World(1);
    await made(world, "b", "a", "start");
    await done(world, "b", event.finish("failed"));
    await forgotten(world, "a");
    await done(world, "b", { type: "retry" });
    expect(descendantsOf(world, "a")).toMatchObject({ total: 1, ended: 0 });
    await done(world, "a", event.cancel());
    expect(statusesOf(world, ["a", "b"])).toEqual(["cancelled", "cancelled"]);
  });

  it("makes its parent anew if it runs again after that was forgotten", async () => {
    const world = new World(1);
    await made(world, "b", "a", "declare");
    await done(world, "b", event.start("another"));
    await done(world, "b", event.finish("failed"));
    await forgotten(world, "a");
    await made(world, "b", "a", "start");
    await done(world, "a", event.cancel());
    expect(statusesOf(world, ["a", "b"])).toEqual(["cancelled", "cancelling"]);
  });
});

describe("a parent", () => {
  it("is not forgotten before its children, nor while it has to tell one", async () => {
    const world = new World(1);
    await done(world, "a", event.declare({ retentionSeconds: 1 }));
    await made(world, "b", "a", "start");
    world.unreachable.add("b");
    await done(world, "a", event.cancel());
    await world.quiet(5 * HOUR_MS);
    expect(world.task("b")?.status).toBe("running");
    const refused = await world.machine("a").core.forget();
    expect(refused).toMatchObject({ kind: "refused", refusal: "parent" });
    world.unreachable.delete("b");
    await world.quiet(600_000);
    expect(isEnded(world.task("b") ?? expect.fail())).toBe(true);
    await world.quiet(2 * HOUR_MS);
    expect(world.task("a")).toBeNull();
    expect(world.machine("a").disk.rows.size).toBe(0);
  });

  it("says which of its children it could not tell", async () => {
    using said = vi.spyOn(console, "error").mockReturnValue();
    const world = new World(1);
    await made(world, "b", "a", "declare");
    const cancelling = world.command("a", event.cancel());
    await world.arrives("cancel");
    world.loseAll();
    await world.settle();
    await cancelling.catch(() => {});
    const lines = said.mock.calls.map(([line]) => JSON.parse(line));
    expect(lines).toMatchObject([
      { event: "effect_failed", taskId: "a", child: "b", error: "Error: hearParent at b is lost" },
    ]);
  });

  it("is told before a child is forgotten, and that waits until it can be reached", async () => {
    const world = new World(1);
    await made(world, "b", "a", "start");
    await done(world, "b", event.finish("succeeded"));
    world.unreachable.add("a");
    const forgetting = world.machine("b").core.forget();
    await world.settle();
    world.loseAll();
    expect(await forgetting).toMatchObject({ kind: "refused", refusal: "unsent" });
    expect(world.task("b")?.status).toBe("succeeded");
    world.unreachable.delete("a");
    const again = world.machine("b").core.forget();
    await world.settle();
    await world.quiet(0);
    expect([await again, world.task("b")]).toEqual([{ kind: "forgotten" }, null]);
  });

  it("forgets a child that was never made", async () => {
    const world = new World(1);
    await done(world, "a", event.declare({ retentionSeconds: 1 }));
    await world.machine("a").core.kin.adopt({ child: "b", staysOn: false });
    await done(world, "a", event.start());
    await done(world, "a", event.finish("succeeded"));
    await world.quiet(HOUR_MS / 2);
    expect(world.task("a")).not.toBeNull();
    await world.quiet(3 * HOUR_MS);
    expect([world.task("a"), world.task("b")]).toEqual([null, null]);
  });

  it("begins at its first child when it is made anew in the turn in which it is forgotten", async () => {
    const world = new World(1);
    await made(world, "b", "a", "declare");
    const cancelling = world.command("a", event.cancel());
    await world.arrives("cancel");
    const ending = world.command("b", event.cancel());
    for (const what of ["cancel", "report"]) await world.arrives(what);
    const { core, disk } = world.machine("a");
    const forgetting = core.forget();
    // It waited for an answer of b until now, and goes on with that in a moment.
    for (let moments = 0; disk.task !== null && moments < 100; moments++) await null;
    expect(disk.task).toBeNull();
    const again = [
      core.command(event.declare()),
      core.kin.adopt({ child: "a1", staysOn: true }),
      core.command(event.cancel()),
    ];
    await Promise.all([cancelling, ending, forgetting, ...again]);
    await world.settle();
    expect(disk.family?.sweep).toMatchObject({ cursor: "", dueAtMs: world.nowMs + 60_000 });
  });

  it("tells all others at once if some children do not answer, and these after a kill", async () => {
    const world = new World(1);
    const ids = Array.from({ length: 1200 }, (_, index) => `c${index}`);
    for (const id of ids) await made(world, id, "a", "declare");
    const silent = ["c0", "c1", "c600", "c999"];
    for (const id of silent) world.unreachable.add(id);
    const cancelling = world.command("a", event.cancel());
    // The clock does not run but for what is on its way.
    while ((await world.step()) || (await world.ring(0)));
    await cancelling;
    const living = () => ids.filter((id) => world.task(id)?.status !== "cancelled");
    expect(living()).toEqual(silent);
    expect(descendantsOf(world, "a")).toMatchObject({ ended: ids.length - silent.length });
    // None of them is called twice meanwhile.
    expect(world.waiting).toBe(silent.length);
    world.kill("a");
    world.loseAll();
    world.unreachable.clear();
    await world.quiet(600_000);
    expect(living()).toEqual([]);
  });

  it("tells a thousand children though some cannot be reached and it is killed half-way", async () => {
    const world = new World(1);
    const ids = Array.from({ length: 1000 }, (_, index) => `c${index}`);
    for (const id of ids) await made(world, id, "a", "declare");
    world.unreachable.add("c7");
    const cancelling = world.command("a", event.cancel());
    for (let steps = 0; steps < 700; steps++) await world.step();
    world.kill("a");
    await world.quiet(60_000);
    await cancelling;
    const living = () => ids.filter((id) => world.task(id)?.status !== "cancelled");
    expect(living()).toEqual(["c7"]);
    world.unreachable.delete("c7");
    await world.quiet(600_000);
    expect(living()).toEqual([]);
    expect(descendantsOf(world, "a")).toMatchObject({ total: 1000, ended: 1000 });
    expect(world.machine("a").disk.family?.sweep).toBeNull();
  });
});
