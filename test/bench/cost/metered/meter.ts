import type { MeterReading } from "../billing.ts";

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

  count(what: Counted, times = 1): void {
    this.#counts[what] += times;
  }

  constructed(object: object, ctx: DurableObjectState): void {
    this.#constructions += 1;
    this.#instances.push(new WeakRef(object));
    meterStorage(ctx.storage);
    this.#meterWork(object, ctx);
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

  /** What an object goes on with after its answer keeps it active as well. */
  #meterWork(object: object, ctx: DurableObjectState): void {
    const waitUntil = ctx.waitUntil.bind(ctx);
    ctx.waitUntil = (work) => {
      this.begin(object);
      const done = async () => this.end(object);
      waitUntil(work.then(done, done));
    };
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
      inAction: this.#activities.size,
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

type FetchHandler<Env> = (request: Request, env: Env) => Promise<Response>;

/** A Worker whose requests are counted; `GET /meter` answers the meter's reading, and is not. */
export function meterFetch<Env>(handle: FetchHandler<Env>): FetchHandler<Env> {
  return async (request, env) => {
    if (new URL(request.url).pathname === "/meter") return Response.json(meter.read());
    meter.count("workerRequests");
    return handle(request, env);
  };
}

/** The load counts messages where they are sent, and nobody is billed for the end of a socket. */
const BILLED_ELSEWHERE = ["webSocketMessage", "webSocketClose", "webSocketError"];

/** Lets the meter see every event that the objects of a class handle, and for how long. */
export function meterHandlers(objectClass: { readonly prototype: object }): void {
  replaceMethods(objectClass.prototype, (name, method) => async (object, args) => {
    if (name === "alarm") meter.count("alarms");
    else if (!BILLED_ELSEWHERE.includes(name)) meter.count("objectRequests");
    meter.begin(object);
    try {
      return await method(object, args);
    } finally {
      meter.end(object);
    }
  });
}

/**
 * How a call is billed. Keys are rows, a deleted one is a written one, and so is a set alarm. Nobody
 * says what it costs to ask for the alarm: here it is a row read. All of a task is one row.
 */
const BILLED = {
  get: "rowsRead",
  getAlarm: "rowsRead",
  put: "rowsWritten",
  delete: "rowsWritten",
  deleteAll: "rowsWritten",
  setAlarm: "rowsWritten",
  deleteAlarm: "rowsWritten",
} as const;

let isStorageMetered = false;

/** Lets the meter see every row that any object of this process reads or writes. */
function meterStorage(storage: DurableObjectStorage): void {
  if (isStorageMetered) return;
  isStorageMetered = true;
  for (const store of [storage, storage.kv, storage.sql]) {
    replaceMethods(Object.getPrototypeOf(store), (name, method) => (self, args) => {
      if (name === "exec") return meteredCursor(method(self, args));
      if (name === "list") return meteredList(method(self, args));
      // What is not counted must not be used, or the meter would be wrong without a word.
      if (!isBilled(name)) throw new Error(`the meter does not know what ${name} costs`);
      meter.count(BILLED[name]);
      return method(self, args);
    });
  }
}

/** A statement goes on as far as somebody reads its rows, and takes some before. */
function meteredCursor(cursor: unknown): unknown {
  if (!isCursor(cursor)) throw new Error("the meter does not know what a statement returns");
  const { toArray, one, [Symbol.iterator]: iterate } = cursor;
  let [read, written] = [0, 0];
  const count = () => {
    meter.count("rowsRead", cursor.rowsRead - read);
    meter.count("rowsWritten", cursor.rowsWritten - written);
    [read, written] = [cursor.rowsRead, cursor.rowsWritten];
  };
  const counted = <Rows>(readRows: () => Rows) => {
    const rows = readRows.call(cursor);
    count();
    return rows;
  };
  count();
  cursor.toArray = () => counted(toArray);
  cursor.one = () => counted(one);
  cursor[Symbol.iterator] = function* () {
    try {
      yield* { [Symbol.iterator]: () => iterate.call(cursor) };
    } finally {
      count();
    }
  };
  return cursor;
}

interface Cursor extends Iterable<unknown> {
  toArray(): unknown[];
  one(): unknown;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

function isCursor(value: unknown): value is Cursor {
  return typeof value === "object" && value !== null && "toArray" in value && "rowsRead" in value;
}

/** Each key that is listed is a row read. */
function* meteredList(entries: unknown): Iterable<unknown> {
  if (!isIterable(entries)) throw new Error("the meter does not know what a list returns");
  for (const entry of entries) {
    meter.count("rowsRead");
    yield entry;
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function isBilled(name: string): name is keyof typeof BILLED {
  return Object.hasOwn(BILLED, name);
}

type Call = (self: object, args: unknown[]) => unknown;

/** Puts something else in the place of every method of a prototype; `replace` is given the method. */
function replaceMethods(prototype: object, replace: (name: string, method: Call) => Call): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const method: unknown = property.value;
    if (name === "constructor" || typeof method !== "function") continue;
    const replacement = replace(name, (self, args) => Reflect.apply(method, self, args));
    Object.defineProperty(prototype, name, {
      ...property,
      value(this: object, ...args: unknown[]) {
        return replacement(this, args);
      },
    });
  }
}
