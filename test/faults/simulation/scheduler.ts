import type { Machine } from "./machine.ts";
import type { ScheduledEvent } from "./scheduled-event.ts";

/** So many events are no life of a task any more, but a loop. */
const MAX_EVENTS = 20_000;

/**
 * Virtual time: events happen one after another, each followed by everything that the client's
 * promises make of it. So whatever code runs belongs to the machine of the latest event.
 */
export class Scheduler {
  nowMs = 0;
  /** Where the code that runs now runs; null: in the network or the service. */
  machine: Machine | null = null;
  eventsHappened = 0;
  #scheduled = 0;
  /** The next one is the last. There are never many, so an array is the fastest queue. */
  readonly #events: ScheduledEvent[] = [];

  /** Schedules something in the network or the service, or what arrives on a machine. */
  later(delayMs: number, happen: () => void, machine: Machine | null = null): ScheduledEvent {
    return this.#add(this.nowMs + delayMs, happen, machine, false);
  }

  /** Sets a timer on the machine whose code runs now. */
  timer(delayMs: number, happen: () => void): ScheduledEvent {
    if (this.machine === null) throw new Error("a timer belongs to a machine");
    return this.#add(this.nowMs + Math.max(1, delayMs), happen, this.machine, true);
  }

  stop(event: ScheduledEvent): void {
    const at = this.#events.indexOf(event);
    if (at >= 0) this.#events.splice(at, 1);
  }

  /** How many timers are set on a machine. */
  timersOf(machine: Machine): number {
    return this.#events.filter((event) => event.isTimer && event.machine === machine).length;
  }

  /** Lets time pass. False: so much happens that it cannot be right. */
  async runUntil(endMs: number): Promise<boolean> {
    for (let event = this.#next(endMs); event; event = this.#next(endMs)) {
      if (++this.eventsHappened > MAX_EVENTS) return false;
      this.nowMs = event.atMs;
      const { machine } = event;
      if (machine === null) {
        event.happen();
      } else if (machine.asleepUntilMs > this.nowMs) {
        event.atMs = machine.asleepUntilMs;
        this.#insert(event);
      } else {
        this.machine = machine;
        event.happen();
        await drained();
        this.machine = null;
      }
    }
    this.nowMs = endMs;
    return true;
  }

  #next(endMs: number): ScheduledEvent | undefined {
    const next = this.#events.at(-1);
    return next && next.atMs <= endMs ? this.#events.pop() : undefined;
  }

  #add(dueMs: number, happen: () => void, machine: Machine | null, isTimer: boolean) {
    const order = ++this.#scheduled;
    const event = { dueMs, atMs: dueMs, isTimer, order, machine, happen };
    // What never arrives need not be waited for.
    if (dueMs < Number.POSITIVE_INFINITY) this.#insert(event);
    return event;
  }

  #insert(event: ScheduledEvent): void {
    let at = this.#events.length;
    for (; at > 0; at--) {
      const other = this.#events[at - 1];
      if (other === undefined || isBefore(event, other)) break;
    }
    this.#events.splice(at, 0, event);
  }
}

function isBefore(one: ScheduledEvent, other: ScheduledEvent): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs;
  if (one.isTimer !== other.isTimer) return one.isTimer;
  if (one.dueMs !== other.dueMs) return one.dueMs < other.dueMs;
  return one.order < other.order;
}

/** Node runs its next ticks when no microtask is left: everything that was promised has happened. */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
