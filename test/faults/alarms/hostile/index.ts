import { TaskObject as RealTaskObject } from "../../../../src/tasks/task-object.ts";
import { TROUBLES } from "../troubles.ts";

export * from "../../../../src/index.ts";
export { default } from "../../../../src/index.ts";

// The service, on an engine whose alarms do what alarms may do. A task's id says what happens to its
// own: `alarm-TROUBLE-…`.

const LATE_MS = 300;
/** How often an alarm fails before it works. */
const FAILURES = 2;

/** How often each object's alarm has rung, however often the object has been evicted meanwhile. */
const rings = new Map<string, number>();

/** The task object, with an alarm that is in trouble. */
export class TaskObject extends RealTaskObject {
  override async alarm(): Promise<void> {
    const { name = "" } = this.ctx.id;
    const rung = rings.get(name) ?? 0;
    rings.set(name, rung + 1);
    switch (TROUBLES.find((trouble) => name.startsWith(`alarm-${trouble}-`))) {
      case "twice":
        await super.alarm();
        return super.alarm();
      case "late":
        await scheduler.wait(LATE_MS);
        return super.alarm();
      case "throwing":
        await super.alarm();
        if (rung < FAILURES) throw new Error("the engine lost the alarm's outcome");
        return;
      case "failing":
        return rung < FAILURES ? this.#alarmWithoutDisk() : super.alarm();
      default:
        return super.alarm();
    }
  }

  async #alarmWithoutDisk(): Promise<void> {
    const { ctx } = this;
    this.ctx = withStorage(ctx, withoutState(ctx.storage));
    try {
      await super.alarm();
    } finally {
      this.ctx = ctx;
    }
  }
}

function withStorage<Ctx extends object>(ctx: Ctx, storage: DurableObjectStorage): Ctx {
  return new Proxy(ctx, {
    get: (target, key) => (key === "storage" ? storage : bound(target, key)),
  });
}

/** Storage whose state cannot be read. Its alarm can be set. */
function withoutState(storage: DurableObjectStorage): DurableObjectStorage {
  return new Proxy(storage, {
    get(target, key) {
      if (key === "kv") throw new Error("the disk is not there");
      return bound(target, key);
    },
  });
}

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key);
  return typeof value === "function" ? value.bind(target) : value;
}
