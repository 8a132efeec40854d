import type { BilledCounts } from "./billed-counts.ts";
import { PRICE_TABLE } from "./price-table.ts";

const MILLION = 1e6;

/** What the counts cost, in dollars. */
interface Price {
  readonly workerRequests: number;
  /** Requests, alarms and socket messages. */
  readonly objectRequests: number;
  readonly rows: number;
  readonly duration: number;
  readonly total: number;
}

/** The price of the counts at the list prices, in dollars. */
export function priceOf(counts: BilledCounts): Price {
  const { dollarsPerMillion, objectGigabytes, socketMessagesPerRequest } = PRICE_TABLE;
  const dollars = (name: keyof typeof dollarsPerMillion, count: number) =>
    (dollarsPerMillion[name] * count) / MILLION;
  const requests =
    counts.objectRequests + counts.alarms + counts.socketMessages / socketMessagesPerRequest;
  const parts = {
    workerRequests: dollars("workerRequests", counts.workerRequests),
    objectRequests: dollars("objectRequests", requests),
    rows: dollars("rowsRead", counts.rowsRead) + dollars("rowsWritten", counts.rowsWritten),
    duration: dollars("gigabyteSeconds", counts.activeSeconds * objectGigabytes),
  };
  const total = parts.workerRequests + parts.objectRequests + parts.rows + parts.duration;
  return { ...parts, total };
}
