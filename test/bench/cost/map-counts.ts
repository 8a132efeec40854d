import type { BilledCounts } from "./billed-counts.ts";

/** Counts of which each is made by its name. */
export function mapCounts(countOf: (name: keyof BilledCounts) => number): BilledCounts {
  return {
    workerRequests: countOf("workerRequests"),
    objectRequests: countOf("objectRequests"),
    alarms: countOf("alarms"),
    socketMessages: countOf("socketMessages"),
    rowsRead: countOf("rowsRead"),
    rowsWritten: countOf("rowsWritten"),
    activeSeconds: countOf("activeSeconds"),
  };
}
