import { afterEach, describe, expect, it, vi } from "vitest";
import { backoffMs } from "../../worker-client/retry.ts";

const ALMOST_ONE = 1 - Number.EPSILON;

describe("backoffMs()", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("doubles the longest pause with each failure, from half a second to half a minute", () => {
    vi.spyOn(Math, "random").mockReturnValue(ALMOST_ONE);
    const longest = [0, 1, 2, 3, 4, 5, 6, 7, 50, 5000].map((failures) =>
      Math.round(backoffMs(failures)),
    );
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
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
    expect(Math.round(backoffMs(50, 86_400))).toBe(90_000);
  });

  it("is not hurried by a Retry-After below zero", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    expect(backoffMs(0, -20)).toBe(250);
  });
});
