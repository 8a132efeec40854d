import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fromCursor,
  isBefore,
  isStale,
  type ListedTask,
  mergeScans,
  type Position,
  type Scanned,
  sumCounts,
  toCursor,
} from "../../src/directory/query.ts";
import { hint } from "./harness.ts";

function listed(place: Position, more: Partial<ListedTask> = {}): ListedTask {
  return {
    ...place,
    summary: hint(place).summary,
    dueAtMs: null,
    heardAtMs: 0,
    isFromBefore: false,
    ...more,
  };
}

const places = fc.uniqueArray(
  fc.record({ createdAtMs: fc.nat(20), id: fc.stringMatching(/^[a-c]{1,3}$/) }),
  { selector: ({ createdAtMs, id }) => `${createdAtMs} ${id}`, maxLength: 60 },
);

function newestFirst<Place extends Position>(some: readonly Place[]): Place[] {
  return some.toSorted((one, other) => (isBefore(one, other) ? -1 : 1));
}

/** What an object finds that looks through `rows` of its tasks, of which every other one passes. */
function scan(
  tasks: readonly ListedTask[],
  after: Position | null,
  { rows, limit }: { readonly rows: number; readonly limit: number },
): Scanned {
  const behind = newestFirst(tasks).filter((task) => after === null || isBefore(after, task));
  const window = behind.slice(0, rows);
  const found = window.filter(doesPass);
  const last = found[limit - 1];
  if (last !== undefined) return { tasks: found.slice(0, limit), to: place(last) };
  const end = window.at(-1);
  return { tasks: found, to: behind.length > rows && end ? place(end) : null };
}

function place({ createdAtMs, id }: Position): Position {
  return { createdAtMs, id };
}

function doesPass({ createdAtMs }: Position): boolean {
  return createdAtMs % 2 === 0;
}

describe("the pages of a list that several objects keep", () => {
  it("have every task that passes once, newest first, wherever each object stops", () => {
    fc.assert(
      fc.property(
        fc.array(places, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        (shards, rows, limit) => {
          const tasks = shards.map((some, shard) =>
            some.map(({ createdAtMs, id }) => listed({ createdAtMs, id: `${id}${shard}` })),
          );
          const shown: ListedTask[] = [];
          let after: Position | null = null;
          for (let pages = 0; pages < 500; pages++) {
            const scans: Scanned[] = tasks.map((some) => scan(some, after, { rows, limit }));
            const page = mergeScans(scans, limit);
            expect(page.tasks.length).toBeLessThanOrEqual(limit);
            shown.push(...page.tasks);
            after = page.to;
            if (after === null) break;
          }
          expect(after).toBeNull();
          expect(shown).toEqual(newestFirst(tasks.flat().filter(doesPass)));
        },
      ),
    );
  });

  it("end with the page that has the last task, with no empty one behind it", () => {
    const tasks = [listed({ createdAtMs: 2, id: "a" }), listed({ createdAtMs: 1, id: "b" })];
    expect(mergeScans([{ tasks, to: null }], 2)).toEqual({ tasks, to: null });
  });
});

describe("a cursor", () => {
  it("stands for a place, and nothing else does", () => {
    const tasks = fc.record({
      createdAtMs: fc.nat(4_000_000_000_000),
      id: fc.stringMatching(/^[\w.~:+@=,-]{1,128}$/),
    });
    fc.assert(
      fc.property(tasks, (at) => {
        expect(toCursor(at)).toMatch(/^[\w-]+$/);
        expect(fromCursor(toCursor(at))).toEqual(at);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = fromCursor(text);
        if (found !== null) expect(toCursor(found)).toBe(text);
      }),
    );
  });
});

describe("a task is asked before it is shown", () => {
  const MINUTE_MS = 60_000;
  const DAY_MS = 86_400_000;
  const alive = listed({ createdAtMs: 0, id: "a" }, { heardAtMs: DAY_MS });
  const ended = { ...alive, summary: hint({ id: "a", status: "failed", endedAtMs: 0 }).summary };

  it.each([
    ["it was heard of within a minute", alive, MINUTE_MS, false],
    ["it was not heard of for a minute", alive, MINUTE_MS + 1, true],
    ["it was heard of before the directory started", { ...alive, isFromBefore: true }, 1, true],
    ["it has ended, within a day", ended, DAY_MS, false],
    ["it had ended a day ago", ended, DAY_MS + 1, true],
    ["it had ended before the directory started", { ...ended, isFromBefore: true }, 1, false],
    ["something is due", { ...alive, dueAtMs: DAY_MS + 1 }, 5001, false],
    ["something was due for 5 s", { ...alive, dueAtMs: DAY_MS + 1 }, 5002, true],
  ])("%s", (_, task, afterMs, expected) => {
    expect(isStale(task, DAY_MS + afterMs)).toBe(expected);
  });
});

it("counts of all objects add up", () => {
  const counts = [
    { status: "running", queue: "gpu", tasks: 2 },
    { status: "running", queue: null, tasks: 1 },
    { status: "running", queue: "gpu", tasks: 3 },
  ] as const;
  expect(sumCounts(counts)).toEqual([
    { status: "running", queue: null, tasks: 1 },
    { status: "running", queue: "gpu", tasks: 5 },
  ]);
});
