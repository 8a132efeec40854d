import { meter } from "./meter.ts";
import { replaceMethods } from "./replace-methods.ts";

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

let metered = false;

/** Lets the meter see every row that any object of this process reads or writes. */
export function meterStorage(storage: DurableObjectStorage): void {
  if (metered) return;
  metered = true;
  for (const store of [storage, storage.kv, storage.sql]) {
    replaceMethods(Object.getPrototypeOf(store), (name, method) => (self, args) => {
      // What is not counted must not be used, or the meter would be wrong without a word.
      if (!isBilled(name)) throw new Error(`the meter does not know what ${name} costs`);
      meter.count(BILLED[name]);
      return method(self, args);
    });
  }
}

function isBilled(name: string): name is keyof typeof BILLED {
  return Object.hasOwn(BILLED, name);
}
