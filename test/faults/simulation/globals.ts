import type { SeededRandom } from "../../lab/seeded-random.ts";
import { EPOCH_MS, type ScheduledEvent, type Scheduler } from "./scheduler.ts";
import { sendRequest } from "./simulated-fetch.ts";
import { SimulatedSocket } from "./simulated-socket.ts";
import type { World } from "./world.ts";

/**
 * Puts everything that the client uses of its runtime, besides promises and signals, under the rule
 * of a world. What it returns puts the real things back.
 */
export function installGlobals(world: World): () => void {
  const { scheduler, random, trace } = world;
  const own = {
    fetch: (url: string, init: RequestInit) => sendRequest(world, url, init),
    WebSocket: class extends SimulatedSocket {
      constructor(url: string) {
        super(world, url);
      }
    },
  };
  return installRuntime({ scheduler, random, log: (line) => trace.note("service", line) }, own);
}

interface Runtime {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly log: (line: string) => void;
}

/** The clocks, timers and chances of a runtime, by a scheduler and a seed, and other globals by their names. */
export function installRuntime(
  { scheduler, random, log }: Runtime,
  others: Readonly<Record<string, unknown>>,
): () => void {
  const timers = new WeakMap<object, ScheduledEvent>();
  const restores = [
    replace(globalThis, "setTimeout", (ring: () => void, delayMs = 0) => {
      const timer = {};
      timers.set(timer, scheduler.timer(delayMs, ring));
      return timer;
    }),
    replace(globalThis, "clearTimeout", (timer: object) => {
      const event = timers.get(timer);
      if (event) scheduler.stop(event);
    }),
    ...Object.entries(others).map(([name, value]) => replace(globalThis, name, value)),
    replace(performance, "now", () => scheduler.nowMs),
    replace(Date, "now", () =>
      Math.floor(EPOCH_MS + scheduler.nowMs + (scheduler.machine?.wallOffsetMs ?? 0)),
    ),
    replace(console, "error", log),
    replace(Math, "random", () => random.fraction()),
    replace(crypto, "randomUUID", () => uuidOf(random.whole(1, 1e9))),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

function uuidOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

function replace(owner: object, name: string, value: unknown): () => void {
  const real = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { configurable: true, writable: true, value });
  return () => {
    if (real) Object.defineProperty(owner, name, real);
    else Reflect.deleteProperty(owner, name);
  };
}
