import { afterEach, describe, expect, it, vi } from "vitest";
import { RequestRefusedError, ServiceUnreachableError } from "../../worker-client/index.ts";
import { backoffMs, retry } from "../../worker-client/retry.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";

const unreachable = new ServiceUnreachableError("no answer");

describe("retry()", () => {
  const clock = fakeClockInEachTest();

  it("answers the first answer, and asks no more", async () => {
    const ask = vi.fn(async () => "answer");
    expect(await retry(ask, 30, undefined)).toBe("answer");
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("asks again after each failure, and waits longer each time", async () => {
    const ask = vi.fn(async () => "answer");
    for (const _ of [1, 2, 3]) ask.mockRejectedValueOnce(unreachable);
    const answer = retry(ask, 30, undefined);
    for (const pauseMs of [250, 500, 1000]) await clock.ring(pauseMs);
    expect(await answer).toBe("answer");
    expect(ask).toHaveBeenCalledTimes(4);
  });

  it("stays away as long as the service asked", async () => {
    const ask = vi.fn(async () => "answer");
    ask.mockRejectedValueOnce(new ServiceUnreachableError("busy", { retryAfterSeconds: 20 }));
    const answer = retry(ask, 30, undefined);
    await clock.ring(20_250);
    expect(await answer).toBe("answer");
  });

  it("takes a refusal for an answer, and so whatever else is thrown", async () => {
    for (const error of [new RequestRefusedError(409, null), new RangeError("a bug")]) {
      const ask = vi.fn(() => Promise.reject(error));
      await expect(retry(ask, 30, undefined)).rejects.toBe(error);
      expect(ask).toHaveBeenCalledTimes(1);
    }
  });

  it("gives up with the last failure when the next try would come too late", async () => {
    let failures = 0;
    const given = retry(
      async () => {
        throw new ServiceUnreachableError(`failure ${++failures}`);
      },
      30,
      undefined,
    );
    const last = expect(given).rejects.toThrow("failure 10");
    // Together 27.75 s; the next pause would be one of 5 s.
    const pauses = [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000];
    for (const pauseMs of pauses) await clock.ring(pauseMs);
    await last;
  });

  it("ends a pause as soon as the caller's signal aborts, and asks no more", async () => {
    const own = new AbortController();
    const ask = vi.fn(() => Promise.reject(unreachable));
    const answer = retry(ask, 30, own.signal);
    await clock.timer(250);
    own.abort("never mind");
    await expect(answer).rejects.toBe("never mind");
    clock.pass(60_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});

const ALMOST_ONE = 1 - Number.EPSILON;

describe("backoffMs()", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("doubles the longest pause with each failure, from half a second to ten", () => {
    vi.spyOn(Math, "random").mockReturnValue(ALMOST_ONE);
    const longest = [0, 1, 2, 3, 4, 5, 6, 50, 5000].map((failures) =>
      Math.round(backoffMs(failures)),
    );
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
  });

  it("spreads the pauses evenly from nothing to the longest: full jitter", () => {
    const random = vi.spyOn(Math, "random");
    const pauses = [0, 0.25, 0.5, 0.75].map((share) => {
      random.mockReturnValueOnce(share);
      return backoffMs(3);
    });
    expect(pauses).toEqual([0, 1000, 2000, 3000]);
  });

  it("stays away at least as long as the service asked, and then jitters", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    expect(backoffMs(0, 20)).toBe(20_250);
  });

  it("stays away for a minute and the jitter at most, whatever the service asked", () => {
    vi.spyOn(Math, "random").mockReturnValue(ALMOST_ONE);
    expect(Math.round(backoffMs(50, 86_400))).toBe(70_000);
  });

  it("is not hurried by a Retry-After below zero", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    expect(backoffMs(0, -20)).toBe(250);
  });
});
