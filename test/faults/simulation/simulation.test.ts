import { describe, expect, it } from "vitest";
import { runSimulation, simulate } from "./simulation.ts";
import { FAULTS } from "./weather.ts";
import { Coverage } from "./world.ts";

const BLOCKS = 10;
const SEEDS_PER_BLOCK = 1000;
const MAX_TOLD = 3;

/** Besides the weather's: what has to happen again and again, or the simulation proves nothing. */
const HAPPENINGS = [
  ...["reordered", "late answer", "late word on a dead line", "crash", "sleep"],
  ...["client clock ahead", "client clock back", "service clock ahead", "service clock back"],
  ...["eviction", "WebSocket", "long poll", "worker: run", "worker: watch", "worker: by hand"],
  ...["on record: request", "on record: timeout", "cancelled when all was calm"],
  ...["acknowledged: cancelling", "acknowledged: cancelled", "acknowledged: timed_out"],
  ...["acknowledged: succeeded", "acknowledged: failed", "read after an acknowledgement"],
  ...["aborted: TaskCancelledError", "aborted: TaskFencedError", "aborted: TaskGoneError"],
  ...["aborted: ServiceUnreachableError", "aborted: OwnError", "run: finished", "run: unreported"],
  ...["run: TaskCancelledError", "run: TaskFencedError", "run: TaskGoneError", "run: OwnError"],
  ...["run: ServiceUnreachableError", "run: RequestRefusedError", "cancel: answered"],
  ...["cancel: ServiceUnreachableError", "refused: stale_attempt", "refused: closed"],
  ...["after an end: running", "after an end: cancelled"],
];
const AT_LEAST_TIMES = 5;

describe("the client in a simulated world", () => {
  const coverage = new Coverage();

  it.each(Array.from({ length: BLOCKS }, (_, block) => 1 + block * SEEDS_PER_BLOCK))(
    `keeps every promise in the ${SEEDS_PER_BLOCK} seeds from %d on`,
    async (firstSeed) => {
      const report = await runSimulation({ firstSeed, seeds: SEEDS_PER_BLOCK });
      coverage.add(report.coverage);
      const told = report.violations
        .slice(0, MAX_TOLD)
        .map(({ seed, invariant, detail, trace }) =>
          [`seed ${seed} breaks "${invariant}": ${detail}`, ...trace].join("\n  "),
        );
      expect(told.join("\n"), `${report.violations.length} violations`).toBe("");
    },
  );

  it("meets every fault and every outcome many times", () => {
    const seldom = [...FAULTS, ...HAPPENINGS].filter((what) => coverage.of(what) < AT_LEAST_TIMES);
    expect(seldom).toEqual([]);
  });

  it("lives the same life from the same seed, to the letter, and another one from the next", async () => {
    for (const seed of [7, 77, 777]) {
      const life = await simulate(seed);
      const again = await simulate(seed);
      const other = await simulate(seed + 1);
      expect(again.trace).toEqual(life.trace);
      expect(again.coverage.entries()).toEqual(life.coverage.entries());
      expect(other.trace).not.toEqual(life.trace);
    }
  });

  it("leaves the real world as it was", async () => {
    const { fetch, setTimeout, clearTimeout, WebSocket } = globalThis;
    const before = Date.now();
    await simulate(1);
    expect([globalThis.fetch, globalThis.setTimeout]).toEqual([fetch, setTimeout]);
    expect([globalThis.clearTimeout, globalThis.WebSocket]).toEqual([clearTimeout, WebSocket]);
    expect(Date.now()).toBeGreaterThanOrEqual(before);
    expect(Math.random()).not.toBe(Math.random());
  });
});
