import { describe, expect, it } from "vitest";
import { mapCounts, priceOf } from "./billing.ts";

const MILLION = 1e6;
const nothing = mapCounts(() => 0);

describe("the price", () => {
  it("of nothing is nothing", () => {
    expect(priceOf(nothing)).toEqual({
      workerRequests: 0,
      objectRequests: 0,
      rows: 0,
      duration: 0,
      total: 0,
    });
  });

  it.each([
    ["workerRequests", 0.3],
    ["objectRequests", 0.15],
    ["alarms", 0.15],
    ["socketMessages", 0.0075],
    ["rowsRead", 0.001],
    ["rowsWritten", 1],
    ["activeSeconds", 1.6],
  ] as const)("of a million %s is $%d", (name, dollars) => {
    expect(priceOf({ ...nothing, [name]: MILLION }).total).toBeCloseTo(dollars, 9);
  });

  it("of a million objects that are active for an hour is $5,760", () => {
    const { duration, total } = priceOf({ ...nothing, activeSeconds: 3600 * MILLION });
    expect(duration).toBeCloseTo(5760, 6);
    expect(total).toBe(duration);
  });

  it("of everything together is the sum of its parts", () => {
    const price = priceOf(mapCounts(() => MILLION));
    expect(price.objectRequests).toBeCloseTo(0.15 + 0.15 + 0.0075, 9);
    expect(price.rows).toBeCloseTo(1.001, 9);
    expect(price.total).toBeCloseTo(
      price.workerRequests + price.objectRequests + price.rows + price.duration,
      9,
    );
  });
});
