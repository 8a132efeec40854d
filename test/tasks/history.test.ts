import { describe, expect, it } from "vitest";
import { withDelivery } from "../../src/tasks/cancellation.ts";
import type { TaskCommand } from "../../src/tasks/events.ts";
import { readHistory, recordChange } from "../../src/tasks/history.ts";
import { transition } from "../../src/tasks/lifecycle.ts";
import type { Task } from "../../src/tasks/task.ts";
import { event } from "./harness.ts";

/** A task whose changes are written down, a second apart. */
class Life {
  task: Task | null = null;
  history = "";
  nowMs = Date.UTC(2026, 0, 1);

  does(command: TaskCommand, by: string | null = null): this {
    const outcome = transition(this.task, command, this.nowMs);
    if (outcome.kind === "refused") throw new Error(`refused: ${outcome.refusal}`);
    return this.becomes(outcome.task, by);
  }

  rings(afterMs: number): this {
    this.nowMs += afterMs;
    const outcome = transition(this.task, { type: "timer" }, this.nowMs);
    if (!("task" in outcome)) throw new Error(outcome.kind);
    return this.becomes(outcome.task);
  }

  becomes(after: Task, by: string | null = null): this {
    this.history = recordChange(this.history, this.task, after, { by, nowMs: this.nowMs });
    this.task = after;
    this.nowMs += 1000;
    return this;
  }

  entries() {
    if (this.task === null) throw new Error("there is no task");
    return readHistory(this.history, this.task);
  }

  types() {
    return this.entries().map(({ type }) => type);
  }
}

const run = { holder: "a", attempt: 1 };

describe("the history of a task", () => {
  it("says who did what when, until it was cancelled", () => {
    const life = new Life()
      .does(event.declare({}), "ci")
      .does(event.start("a"), "gpu-7")
      .does({ type: "heartbeat", ...run, progress: { epoch: 1 } })
      .does({ type: "heartbeat", ...run, progress: { epoch: 2 } })
      .does(event.cancel({ reason: "wrong data", requestedBy: "ann" }), "ann");
    if (life.task === null) throw new Error("there is no task");
    life
      .becomes(withDelivery(life.task, life.nowMs))
      .does(event.cancel({ gracePeriodSeconds: 5 }), "bob")
      .does(event.finish("cancelled", { ...run }));
    expect(life.entries()).toEqual([
      { at: "2026-01-01T00:00:00.000Z", type: "declared", by: "ci" },
      { at: "2026-01-01T00:00:01.000Z", type: "started", ...run, by: "gpu-7" },
      { at: "2026-01-01T00:00:03.000Z", type: "progress", attempt: 1, progress: { epoch: 2 } },
      {
        at: "2026-01-01T00:00:04.000Z",
        type: "cancelled",
        cause: "request",
        reason: "wrong data",
        by: "ann",
        gracePeriodSeconds: 30,
      },
      { at: "2026-01-01T00:00:05.000Z", type: "delivered" },
      { at: "2026-01-01T00:00:06.000Z", type: "hurried", gracePeriodSeconds: 5, by: "bob" },
      { at: "2026-01-01T00:00:07.000Z", type: "acknowledged", attempt: 1 },
      { at: "2026-01-01T00:00:07.000Z", type: "ended", status: "cancelled", attempt: 1 },
    ]);
  });

  it("says how a task in a queue went from worker to worker", () => {
    const life = new Life()
      .does(event.declare({ queue: "gpu" }))
      .does(event.start("a", { leaseSeconds: 10 }))
      .rings(10_000)
      .does(event.start("b", { takeOver: true }))
      .does({ type: "release", holder: "b", attempt: 2, delaySeconds: 60 })
      .does(event.start("c", { takeOver: true }))
      .does(event.finish("failed", { holder: "c", attempt: 3, error: "no disk" }));
    expect(life.entries().slice(2)).toMatchObject([
      { type: "started", attempt: 1, holder: "a" },
      { type: "lost", attempt: 1, holder: "a" },
      { type: "handed_on", attempt: 1, holder: "a", outcome: "lost" },
      { type: "queued", queue: "gpu", availableAt: expect.any(String) },
      { type: "started", attempt: 2 },
      { type: "handed_on", attempt: 2, outcome: "released", availableAt: expect.any(String) },
      { type: "queued" },
      { type: "started", attempt: 3 },
      { type: "handed_on", attempt: 3, outcome: "failed" },
      { type: "queued" },
    ]);
  });

  it("tells a take-over, a failure, and a second chance", () => {
    const life = new Life()
      .does(event.start("a"))
      .does(event.start("b"))
      .does(event.finish("failed", { attempt: 2 }))
      .does({ type: "retry" }, "ann");
    expect(life.entries()).toMatchObject([
      { type: "started", attempt: 1 },
      { type: "handed_on", attempt: 1, outcome: "fenced", availableAt: null },
      { type: "started", attempt: 2 },
      { type: "ended", status: "failed", attempt: 2 },
      { type: "retried", by: "ann" },
    ]);
  });

  it("of an id that nobody had declared begins with the cancel", () => {
    const life = new Life().does(event.cancel({ requestedBy: "ann" }), "ann");
    expect(life.entries()).toMatchObject([{ type: "cancelled", by: "ann" }, { type: "ended" }]);
  });

  it("is written down only where something has happened", () => {
    const life = new Life().does(event.start("a"));
    const { history } = life;
    life.does(event.start("a")).does({ type: "heartbeat", ...run });
    expect(life.history).toBe(history);
  });

  it("keeps the first entry and the last ones: at most 100, in 16 KiB", () => {
    const long = new Life().does(event.declare({}));
    for (let attempt = 1; attempt <= 200; attempt++) {
      long.does(event.start(`${attempt}`));
    }
    expect(long.entries()).toHaveLength(100);
    expect(long.entries()[0]).toMatchObject({ type: "declared" });
    expect(long.entries().at(-1)).toMatchObject({ type: "started", attempt: 200 });
    const wide = new Life().does(event.declare({}));
    for (let attempt = 1; attempt <= 60; attempt++) {
      wide.does(event.start(`${attempt}`.padEnd(128, "x")));
    }
    expect(wide.history.length).toBeLessThanOrEqual(16_384);
    expect(wide.history.length).toBeGreaterThan(16_000);
    expect(wide.types().at(0)).toBe("declared");
    expect(wide.entries().at(-1)).toMatchObject({ attempt: 60 });
  });

  it("has at most 16 KiB as it is answered, with the longest progress, reason and names", () => {
    const sizeOf = (text: string) => new TextEncoder().encode(text).length;
    // Of three bytes each, and of six, as JSON escapes it.
    const [wide, escaped] = ["語", "\u0001"];
    const life = new Life().does(event.declare({}), wide.repeat(256));
    for (let attempt = 1; attempt <= 200; attempt++) {
      const holder = `${attempt}`.padEnd(128, wide);
      life.does(event.start(holder), wide.repeat(256));
      expect(sizeOf(life.history)).toBeLessThanOrEqual(16_384);
    }
    const run = { holder: "200".padEnd(128, wide), attempt: 200 };
    const progress = "x".repeat(4094);
    const [reason, requestedBy] = [escaped.repeat(1024), escaped.repeat(256)];
    life
      .does({ type: "heartbeat", ...run, progress })
      .does(event.cancel({ reason, requestedBy }), requestedBy)
      .does(event.finish("cancelled", run));
    const entries = life.entries();
    const bytes = sizeOf(JSON.stringify({ entries }));
    expect(bytes).toBeLessThanOrEqual(16_384);
    expect(bytes).toBeGreaterThan(14_000);
    expect(entries[0]).toMatchObject({ type: "declared", by: wide.repeat(256) });
    expect(entries.slice(-4)).toMatchObject([
      { type: "progress", progress },
      { type: "cancelled", reason, by: requestedBy },
      { type: "acknowledged" },
      { type: "ended" },
    ]);
  });
});
