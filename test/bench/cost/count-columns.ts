import type { BilledCounts } from "./billed-counts.ts";

/** The billed counts as columns of a table: their heads, or the cells of one row. */
export function countColumns(counts: BilledCounts | "heads"): string[] {
  if (counts === "heads") {
    return [
      "Worker requests",
      "object requests",
      "alarms",
      "socket messages",
      "rows read",
      "rows written",
      "active s",
    ];
  }
  const { workerRequests, objectRequests, alarms, socketMessages, rowsRead, rowsWritten } = counts;
  const whole = [workerRequests, objectRequests, alarms, socketMessages, rowsRead, rowsWritten];
  return [...whole, counts.activeSeconds].map(shown);
}

/** As many digits as say something. */
function shown(count: number): string {
  if (count === 0) return "0";
  return count >= 1000 ? count.toFixed(0) : count.toPrecision(3).replace(/\.0+$/, "");
}
