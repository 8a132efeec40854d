import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { delay } from "../../worker-client/timer.ts";
import { FakeClock } from "./fake-clock.ts";

describe("delay()", () => {
  it("resolves when its time is over and not before, and leaves the signal alone", async () => {
    using clock = new FakeClock();
    const { signal } = new AbortController();
    let over = false;
    const delayed = delay(1000, signal, true).then(() => {
      over = true;
    });
    clock.pass(999);
    await Promise.resolve();
    expect(over).toBe(false);
    clock.pass(1);
    await delayed;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("rejects with the signal's reason as soon as it aborts", async () => {
    using _ = new FakeClock();
    const own = new AbortController();
    const delayed = delay(1000, own.signal, true);
    own.abort("enough");
    await expect(delayed).rejects.toBe("enough");
    expect(getEventListeners(own.signal, "abort")).toEqual([]);
  });

  it("rejects at once if the signal has aborted already", async () => {
    await expect(delay(1000, AbortSignal.abort("enough"), true)).rejects.toBe("enough");
  });

  it("that is longer than a timer can be is not over at once", async () => {
    using clock = new FakeClock();
    let over = false;
    delay(Number.POSITIVE_INFINITY, undefined, false).then(() => {
      over = true;
    });
    for (let months = 0; months < 12; months++) clock.pass(30 * 86_400_000);
    await Promise.resolve();
    expect(over).toBe(false);
  });
});
