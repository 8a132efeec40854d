import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeLabels, ticksOf, timelineOf } from "../../console/task/timeline.ts";
import type { Attempt, TaskState } from "../../worker-client/protocol.ts";
import { cancellingTask, taskState } from "../client/task-state.ts";

const START_MS = Date.parse("2026-08-15T12:00:00.000Z");
const at = (seconds: number) => new Date(START_MS + seconds * 1000).toISOString();
const WIDTH = 1000;

function attempt(
  number: number,
  from: number,
  to: number | null,
  outcome: Attempt["outcome"],
): Attempt {
  return {
    attempt: number,
    holder: `worker-${number}`,
    startedAt: at(from),
    endedAt: to === null ? null : at(to),
    outcome,
    error: null,
  };
}

/** The stretches of a life: what, from where to where. */
function lifeOf(task: TaskState, nowSeconds: number) {
  const { life } = timelineOf(task, START_MS + nowSeconds * 1000, WIDTH);
  return life.map(({ label, x, width }) => `${label} ${Math.round(x)}–${Math.round(x + width)}`);
}

describe("the drawing of a life", () => {
  it("is to scale: it waited, ran, failed, waited, runs", () => {
    const attempts = [attempt(1, 10, 30, "failed"), attempt(2, 50, null, null)];
    expect(lifeOf(taskState("a", { attempt: 2, attempts }), 100)).toEqual([
      "pending 0–100",
      "running 100–300",
      "pending 300–500",
      "running 500–1000",
    ]);
  });

  it("shows since when it is being cancelled", () => {
    const task = cancellingTask("a", { attempts: [attempt(1, 0, null, null)] });
    expect(lifeOf(task, 10)).toEqual(["running 0–100", "cancelling 100–1000"]);
  });

  it("ends with the task, or with the word that its worker sent later", () => {
    const task = cancellingTask("a", {
      status: "cancelled",
      endedAt: at(31),
      attempts: [attempt(1, 0, 31, "cancelled")],
    });
    expect(lifeOf(task, 9999)).toEqual(["running 0–32", "cancelling 32–1000"]);
    const { cancellation } = task;
    const late = {
      ...task,
      cancellation: cancellation && { ...cancellation, acknowledgedAt: at(62) },
    };
    expect(lifeOf(late, 9999)).toEqual(["running 0–16", "cancelling 16–500"]);
  });

  it("says that there were attempts before those that are known", () => {
    const attempts = [attempt(5, 50, null, null)];
    expect(lifeOf(taskState("a", { attempt: 5, attempts }), 100)[0]).toBe("earlier attempts 0–500");
  });

  it("stays on the paper, whatever the times are", () => {
    const time = fc.integer({ min: -100, max: 1000 }).map(at);
    const maybe = fc.option(time);
    const cancellation = fc.record({
      cause: fc.constant("request" as const),
      reason: fc.constant(null),
      requestedBy: fc.constant(null),
      requestedAt: time,
      deliveredAt: maybe,
      acknowledgedAt: maybe,
      gracePeriodSeconds: fc.constant(30),
      graceEndsAt: maybe,
    });
    fc.assert(
      fc.property(time, maybe, fc.option(cancellation), fc.integer({ max: 2000 }), (...values) => {
        const [startedAt, endedAt, cancel, now] = values;
        const task = taskState("a", {
          status: endedAt === null ? "cancelling" : "cancelled",
          endedAt,
          cancellation: cancel,
          attempts: [{ ...attempt(1, 0, null, null), startedAt }],
        });
        const drawn = timelineOf(task, START_MS + now * 1000, WIDTH);
        const places = [
          ...drawn.life.flatMap(({ x, width }) => [x, x + width - 1]),
          ...drawn.attempts.map(({ x }) => x),
          ...(drawn.cancel?.moments ?? []).flatMap(({ x, labelX }) => [x, labelX]),
          ...(drawn.cancel === null ? [] : [drawn.cancel.from, drawn.cancel.to]),
        ];
        for (const place of places) {
          expect(place).toBeGreaterThanOrEqual(0);
          expect(place).toBeLessThanOrEqual(WIDTH);
        }
      }),
    );
  });
});

describe("the drawing of a cancel", () => {
  it("is from edge to edge, however short it was in a long life", () => {
    const task = cancellingTask("a", {
      createdAt: at(-86_400),
      status: "cancelled",
      endedAt: at(1.024),
    });
    const { cancellation } = task;
    const acknowledged = cancellation && { ...cancellation, acknowledgedAt: at(1.012) };
    const { cancel } = timelineOf({ ...task, cancellation: acknowledged }, START_MS + 9e6, WIDTH);
    expect(cancel?.moments.map(({ label, x }) => [label, Math.round(x)])).toEqual([
      ["asked", 0],
      ["delivered +0 ms", 0],
      ["acknowledged +12 ms", 500],
      ["ended +24 ms", 1000],
    ]);
  });

  it("shows how much of the grace period is still to come", () => {
    const { cancel } = timelineOf(cancellingTask("a"), START_MS + 16_000, WIDTH);
    expect(cancel?.grace).toEqual({ x: 0, width: WIDTH });
    expect(cancel?.moments.map(({ label }) => label)).toContain("grace ends");
  });
});

describe("labels", () => {
  const mark = fc.record({
    x: fc.integer({ min: 0, max: WIDTH }),
    label: fc.string({ minLength: 1, maxLength: 30 }),
  });

  it("never cover each other", () => {
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 6 }), (marks) => {
        const rows = Map.groupBy(placeLabels(marks, WIDTH), ({ row }) => row);
        for (const row of rows.values()) {
          for (const [index, { labelX }] of row.entries()) {
            const before = row[index - 1];
            if (before === undefined) continue;
            expect(labelX).toBeGreaterThan(before.labelX + before.label.length * 6);
          }
        }
      }),
    );
  });

  it("of the axis are round, and as many as fit", () => {
    expect(ticksOf(11_000, 800).map(({ label }) => label)).toEqual([
      "0",
      "2 s",
      "4 s",
      "6 s",
      "8 s",
      "10 s",
    ]);
    expect(ticksOf(3 * 86_400_000, 300).map(({ label }) => label)).toEqual(["0", "1d", "2d", "3d"]);
    expect(ticksOf(1e12, 100).length).toBeLessThan(4);
  });
});
