import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ChildTable } from "../../src/tasks/child-table.ts";
import { ALIVE, type ChildRow, type ChildStore } from "../../src/tasks/family.ts";
import { ChildRows } from "../tasks/child-rows.ts";
import { newId } from "./harness.ts";

/** Few, so that rows are often replaced; some sort otherwise than by their letters. */
const IDS = ["a", "a-1", "a~", "B", "b"];
const FIRST: ChildRow = {
  id: "a",
  adoptedAtMs: 0,
  staysOn: false,
  isTold: false,
  isDoubtful: true,
  reportedAt: 0,
  hasEnded: false,
  counts: ALIVE,
};

type Step = (children: ChildStore, atMs: number) => void;

const id = fc.constantFrom(...IDS);
const flag = fc.boolean();
const amount = fc.nat({ max: 2 });
const counts = fc.record({
  total: amount,
  ended: amount,
  acknowledged: amount,
  unconfirmed: amount,
});
const row = { id, staysOn: flag, isTold: flag, isDoubtful: flag, hasEnded: flag, counts };
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record(row).map(
      (row): Step =>
        (children, adoptedAtMs) => {
          const { total, ended } = row.counts;
          const counts = { ...row.counts, ended: Math.min(total, ended) };
          children.store({ ...row, counts, adoptedAtMs, reportedAt: adoptedAtMs + 1 });
        },
    ),
    weight: 4,
  },
  id.map(
    (id): Step =>
      (children) =>
        children.drop(id),
  ),
  amount.map(
    (count): Step =>
      (children) =>
        children.dropSettled(count),
  ),
);

it("keeps a task's children as the tests of trees do, which have them in memory", async () => {
  await runInDurableObject(env.TASKS.getByName(newId()), (_, { storage }) => {
    const property = fc.property(fc.array(steps, { maxLength: 30 }), (steps) => {
      const table = new ChildTable(storage);
      const rows = new ChildRows();
      table.clear();
      for (const children of [table, rows]) children.store(FIRST);
      for (const [index, step] of steps.entries()) {
        for (const children of [table, rows]) step(children, index + 1);
        for (const limit of [1, 3]) {
          expect(table.newest(limit)).toEqual(rows.newest(limit));
          for (const after of ["", ...IDS]) {
            expect(table.livingAfter(after, limit)).toEqual(rows.livingAfter(after, limit));
          }
        }
        for (const id of IDS) expect(table.child(id)).toEqual(rows.child(id));
        expect(table.count()).toBe(rows.count());
      }
    });
    fc.assert(property);
  });
});
