import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventParser } from "../../console/service/event-stream.ts";
import {
  compareTasks,
  type ListedPage,
  pagesOfRows,
  patchTask,
  putPage,
} from "../../console/tasks/task-pages.ts";
import { rowWindow, scrollFor } from "../../console/ui/window.ts";
import type { TaskSummary } from "../../worker-client/protocol-directory.ts";
import { taskState } from "../client/task-state.ts";

const LIMIT = 3;

/** Task 7 was made in second 7. */
function task(number: number, revision = 1): TaskSummary {
  const createdAt = new Date(number * 1000).toISOString();
  return taskState(`t-${number}`, { createdAt, revision });
}

/** A directory that a test adds tasks to and takes them from. */
class FakeDirectory {
  readonly #numbers = new Set<number>();

  constructor(numbers: readonly number[]) {
    for (const number of numbers) this.#numbers.add(number);
  }

  add = (number: number) => this.#numbers.add(number);
  remove = (number: number) => this.#numbers.delete(number);

  get all(): readonly string[] {
    return this.#sorted().map((number) => `t-${number}`);
  }

  read(from: string | null) {
    const behind = this.#sorted().filter((number) => from === null || number < Number(from));
    const numbers = behind.slice(0, LIMIT);
    const cursor = behind.length > LIMIT ? String(numbers.at(-1)) : null;
    return { tasks: numbers.map((number) => task(number)), cursor, asOf: "" };
  }

  #sorted(): readonly number[] {
    return [...this.#numbers].sort((one, other) => other - one);
  }
}

function readPage(pages: readonly ListedPage[], index: number, directory: FakeDirectory) {
  const from = pages[index]?.from ?? pages[index - 1]?.to ?? null;
  return putPage(pages, index, directory.read(from));
}

const idsOf = (pages: readonly ListedPage[]) =>
  pages.flatMap(({ tasks }) => tasks.map(({ id }) => id));

describe("a list that is read page by page", () => {
  it("is the directory's after every page was read again, whatever came and went between", () => {
    const change = fc.record({ number: fc.integer({ min: 0, max: 40 }), isThere: fc.boolean() });
    const step = fc.record({ page: fc.nat(5), changes: fc.array(change, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const directory = new FakeDirectory([1, 2, 3, 5, 8, 13, 21]);
        let pages = readPage([], 0, directory);
        for (const { page, changes } of steps) {
          for (const { number, isThere } of changes) {
            if (isThere) directory.add(number);
            else directory.remove(number);
          }
          pages = readPage(pages, Math.min(page, pages.length - 1), directory);
          const ids = idsOf(pages);
          // Never twice, and always in order.
          expect(new Set(ids).size).toBe(ids.length);
          const tasks = pages.flatMap((one) => one.tasks);
          expect([...tasks].sort(compareTasks)).toEqual(tasks);
        }
        for (let index = 0; index < pages.length || pages.at(-1)?.to !== null; index++) {
          pages = readPage(pages, index, directory);
        }
        expect(idsOf(pages)).toEqual(directory.all);
      }),
    );
  });

  it("keeps what is behind a new task, though only the first page was read again", () => {
    const directory = new FakeDirectory([1, 2, 3, 4, 5]);
    let pages = readPage([], 0, directory);
    pages = readPage(pages, 1, directory);
    directory.add(6);
    pages = readPage(pages, 0, directory);
    expect(idsOf(pages)).toEqual(["t-6", "t-5", "t-4", "t-3", "t-2", "t-1"]);
  });

  it("does not go back to what a task was before a command", () => {
    const directory = new FakeDirectory([1, 2]);
    let pages = readPage([], 0, directory);
    pages = patchTask(pages, task(2, 7));
    pages = readPage(pages, 0, directory);
    expect(pages[0]?.tasks.map(({ revision }) => revision)).toEqual([7, 1]);
  });

  it("reads the pages on the screen, and the first", () => {
    const directory = new FakeDirectory([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let pages = readPage([], 0, directory);
    for (const index of [1, 2]) pages = readPage(pages, index, directory);
    expect(pagesOfRows(pages, { from: 7, to: 9 })).toEqual([0, 2]);
    expect(pagesOfRows(pages, { from: 2, to: 4 })).toEqual([0, 1]);
    expect(pagesOfRows([], { from: 0, to: 0 })).toEqual([0]);
  });
});

describe("the rows that are rendered", () => {
  const viewport = { height: 700, rowHeight: 38, rows: 100_000 };

  it("are few, and those on the screen are among them, wherever it is", () => {
    fc.assert(
      fc.property(fc.nat(100_000 * 38), (scrollTop) => {
        const { from, to } = rowWindow({ ...viewport, scrollTop });
        expect(to - from).toBeLessThanOrEqual(50);
        expect(from).toBeLessThanOrEqual(Math.floor(scrollTop / 38));
        expect(to).toBeGreaterThanOrEqual(Math.min(100_000, Math.ceil((scrollTop + 700) / 38)));
      }),
    );
  });

  it("stay the same for most of a scroll", () => {
    const windows = Array.from({ length: 200 }, (_, step) =>
      JSON.stringify(rowWindow({ ...viewport, scrollTop: step })),
    );
    expect(new Set(windows).size).toBeLessThanOrEqual(2);
  });

  it("are brought into sight by the least scroll", () => {
    expect(scrollFor(10, { ...viewport, scrollTop: 0 })).toBeNull();
    expect(scrollFor(50, { ...viewport, scrollTop: 0 })).toBe(51 * 38 - 700);
    expect(scrollFor(2, { ...viewport, scrollTop: 500 })).toBe(76);
  });
});

describe("an event stream", () => {
  const stream =
    ': watching\n\nid: 7\ndata: {"a":1}\n\n: still\n\nid: 8\r\ndata: x\r\ndata: y\r\n\r\n';
  const events = [
    { id: "7", data: '{"a":1}' },
    { id: "8", data: "x\ny" },
  ];

  it("is read however it is cut into pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const parser = new EventParser();
        const places = [0, ...cuts.sort((one, other) => one - other), stream.length];
        const pieces = places.slice(1).map((end, index) => stream.slice(places[index], end));
        expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(events);
      }),
    );
  });
});
