/** When virtual time begins, on a clock on the wall that is right: 2026-08-15. */
export const EPOCH_MS = 1_786_752_000_000;

/** Something that will happen at a virtual time. */
export interface ScheduledEvent {
  /** When it is due. */
  readonly dueMs: number;
  /** When it happens: when it is due, or when its machine wakes up. */
  atMs: number;
  /** A timer of a process rings before what came over its lines, as in an event loop. */
  readonly isTimer: boolean;
  /** The one scheduled first is first. */
  readonly order: number;
  /** Where it happens; null: in the network or the service. */
  readonly machine: Machine | null;
  readonly happen: () => void;
}

/** So many events are no life of one task any more, but a loop. */
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
  readonly #maxEvents: number;
  #scheduled = 0;
  /** The next one is the last. There are never many, so an array is the fastest queue. */
  readonly #events: ScheduledEvent[] = [];

  constructor(maxEvents = MAX_EVENTS) {
    this.#maxEvents = maxEvents;
  }

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
      if (++this.eventsHappened > this.#maxEvents) return false;
      this.nowMs = event.atMs;
      const { machine } = event;
      if (machine === null) {
        event.happen();
        await drained();
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

/** A computer with one client process: it has clocks of its own, and it can be put to sleep. */
export class Machine {
  readonly name: string;
  /** How far its wall clock is off. */
  wallOffsetMs = 0;
  /** Until then nothing runs on it; what is due meanwhile happens together, late. */
  asleepUntilMs = 0;
  /** How long it has been asleep, and will be. */
  sleptMs = 0;
  /** When its watch last got a sign of life from the service. */
  lastHeardMs = 0;
  /** Requests and sockets that its process has open. */
  readonly open = new Set<object>();

  /** When it last asked for something, a WebSocket or an answer. */
  readonly #askedAtMs: number[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Notes that it asks for something; answers how long so many questions in a row have taken. */
  ask(nowMs: number, questions: number): number {
    this.#askedAtMs.push(nowMs);
    return nowMs - (this.#askedAtMs.at(-questions) ?? Number.NEGATIVE_INFINITY);
  }

  sleep(nowMs: number, sleepMs: number): void {
    const from = Math.max(nowMs, this.asleepUntilMs);
    this.asleepUntilMs = Math.max(this.asleepUntilMs, nowMs + sleepMs);
    this.sleptMs += this.asleepUntilMs - from;
  }
}
