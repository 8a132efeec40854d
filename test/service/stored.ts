import { inObject } from "./in-object.ts";

interface Stored {
  readonly rows: ReadonlyMap<string, unknown>;
  readonly alarmAtMs: number | null;
}

/** Everything that the object of a task has on disk. */
export function stored(id: string): Promise<Stored> {
  return inObject(id, async ({ storage }) => ({
    rows: await storage.list(),
    alarmAtMs: await storage.getAlarm(),
  }));
}
