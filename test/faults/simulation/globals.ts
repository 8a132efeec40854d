import { EPOCH_MS, type ScheduledEvent } from "./scheduler.ts";
import { sendRequest } from "./simulated-fetch.ts";
import { SimulatedSocket } from "./simulated-socket.ts";
import type { World } from "./world.ts";

/**
 * Puts everything that the client uses of its runtime, besides promises and signals, under the rule
 * of a world. What it returns puts the real things back.
 */
export function installGlobals(world: World): () => void {
  const { scheduler, random } = world;
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
    replace(globalThis, "fetch", (url: string, init: RequestInit) => sendRequest(world, url, init)),
    replace(
      globalThis,
      "WebSocket",
      class extends SimulatedSocket {
        constructor(url: string) {
          super(world, url);
        }
      },
    ),
    replace(performance, "now", () => scheduler.nowMs),
    replace(Date, "now", () => EPOCH_MS + scheduler.nowMs + (scheduler.machine?.wallOffsetMs ?? 0)),
    replace(console, "error", (line: string) => world.trace.note("service", line)),
    replace(Math, "random", () => random.fraction()),
    replace(crypto, "randomUUID", () => `holder-${random.whole(1, 1e9)}`),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

function replace(owner: object, name: string, value: unknown): () => void {
  const real = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { configurable: true, writable: true, value });
  return () => {
    if (real) Object.defineProperty(owner, name, real);
    else Reflect.deleteProperty(owner, name);
  };
}
