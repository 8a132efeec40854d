import type { World } from "./world.ts";

const MAX_JUMP_MS = 300_000;
const CLOCKS_JUMP_ON_FOR_MS = 200_000;

/** What befalls the machines themselves while the weather is bad: crashes, jumping clocks, sleep. */
export function badLuck(world: World): void {
  const { random, scheduler, service, coverage, trace, weather } = world;
  const { healsAtMs } = weather;
  const machines = [world.canceller, ...world.workers];
  const times = (percent: number, happen: () => void, untilMs = healsAtMs - 1) => {
    if (untilMs < 0 || !random.percent(percent)) return;
    for (let left = random.whole(1, 3); left > 0; left--) {
      scheduler.later(random.whole(0, untilMs), happen);
    }
  };
  const crash = (atMostMs: number) => {
    const downMs = Math.min(atMostMs, healsAtMs - scheduler.nowMs);
    trace.note("service", `crashes for ${downMs} ms`);
    coverage.count("crash");
    service.crash();
    scheduler.later(downMs, () => service.comeBack());
  };
  if (weather.hasOutage) {
    scheduler.later(random.whole(1_000, 100_000), () => crash(Number.POSITIVE_INFINITY));
  } else {
    times(30, () => crash(random.whole(100, 60_000)));
  }
  times(30, () => {
    const jumpMs = random.whole(-MAX_JUMP_MS, MAX_JUMP_MS);
    trace.note("service", `its clock jumps by ${jumpMs} ms`);
    coverage.count(jumpMs < 0 ? "service clock back" : "service clock ahead");
    service.jumpClock(jumpMs);
  });
  for (const machine of machines) {
    const jumpClock = () => {
      const jumpMs = random.whole(-MAX_JUMP_MS, MAX_JUMP_MS);
      trace.note(machine.name, `its clock jumps by ${jumpMs} ms`);
      coverage.count(jumpMs < 0 ? "client clock back" : "client clock ahead");
      machine.wallOffsetMs += jumpMs;
    };
    // The client must not mind even in good weather.
    times(30, jumpClock, healsAtMs + CLOCKS_JUMP_ON_FOR_MS);
    times(20, () => {
      const sleepMs = Math.min(random.whole(1000, MAX_JUMP_MS), healsAtMs - scheduler.nowMs);
      trace.note(machine.name, `sleeps for ${sleepMs} ms`);
      coverage.count("sleep");
      machine.sleep(scheduler.nowMs, sleepMs);
    });
  }
}
