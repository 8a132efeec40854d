import type { MeterReading } from "../meter-reading.ts";

const MS_PER_SECOND = 1000;

type Counted = "workerRequests" | "objectRequests" | "alarms" | "rowsRead" | "rowsWritten";

/** Something is being handled by an object. */
interface Activity {
  /** How many things at once. */
  events: number;
  readonly sinceMs: number;
}

/**
 * Counts what is billed, over all objects. On plain workerd they share one isolate with the Worker,
 * so that what stands in the module outlives every one of them.
 */
class Meter {
  readonly #counts: Record<Counted, number> = {
    workerRequests: 0,
    objectRequests: 0,
    alarms: 0,
    rowsRead: 0,
    rowsWritten: 0,
  };
  readonly #activities = new Map<object, Activity>();
  #activeMs = 0;
  #constructions = 0;
  #instances: WeakRef<object>[] = [];

  count(what: Counted): void {
    this.#counts[what] += 1;
  }

  constructed(object: object): void {
    this.#constructions += 1;
    this.#instances.push(new WeakRef(object));
  }

  /** The object begins to handle an event, maybe beside others. */
  begin(object: object): void {
    const activity = this.#activities.get(object);
    if (activity) activity.events += 1;
    else this.#activities.set(object, { events: 1, sinceMs: Date.now() });
  }

  /** The event is handled. */
  end(object: object): void {
    const activity = this.#activities.get(object);
    if (activity === undefined) throw new Error("the meter never saw this event begin");
    activity.events -= 1;
    if (activity.events > 0) return;
    this.#activities.delete(object);
    this.#activeMs += Date.now() - activity.sinceMs;
  }

  read(): MeterReading {
    const nowMs = Date.now();
    let activeMs = this.#activeMs;
    for (const { sinceMs } of this.#activities.values()) activeMs += nowMs - sinceMs;
    collectGarbage();
    this.#instances = this.#instances.filter((instance) => instance.deref() !== undefined);
    return {
      ...this.#counts,
      activeSeconds: activeMs / MS_PER_SECOND,
      constructions: this.#constructions,
      inMemory: this.#instances.length,
    };
  }
}

/** What is no longer held is only gone after a collection; V8 has to be told to offer one. */
function collectGarbage(): void {
  const { gc }: typeof globalThis & { readonly gc?: () => void } = globalThis;
  if (gc === undefined) throw new Error("the meter wants V8's flag --expose-gc");
  gc();
}

/** The one meter of this process. */
export const meter = new Meter();
