/** How much there was of everything that Cloudflare bills: of all objects, of one watch, of an hour. */
export interface BilledCounts {
  readonly workerRequests: number;
  /** HTTP requests, WebSocket upgrades and RPC calls that came to an object. */
  readonly objectRequests: number;
  readonly alarms: number;
  /** WebSocket messages that came to an object, the ones that it sleeps through included. */
  readonly socketMessages: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** How long objects handled something; an object that handles several things at once counts once. */
  readonly activeSeconds: number;
}

/** What a metered build has counted since it started, and how it is at the moment. */
export interface MeterReading extends Omit<BilledCounts, "socketMessages"> {
  /** Constructor runs: an object that slept is constructed again by its next event. */
  readonly constructions: number;
  /** Objects that handle something now. */
  readonly inAction: number;
  /** Objects that exist in memory now, after a garbage collection. */
  readonly inMemory: number;
}

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

/**
 * Cloudflare's list prices of the paid plan, without what is included in it, as they were in 2026.
 *
 * @see https://developers.cloudflare.com/durable-objects/platform/pricing/
 * @see https://developers.cloudflare.com/workers/platform/pricing/
 */
export const PRICE_TABLE = {
  /** In dollars per million of each. An alarm is an object request. */
  dollarsPerMillion: {
    workerRequests: 0.3,
    objectRequests: 0.15,
    rowsRead: 0.001,
    rowsWritten: 1,
    gigabyteSeconds: 12.5,
  },
  /** What an object is billed for while it is active, whatever it takes. */
  objectGigabytes: 0.128,
  /**
   * So many incoming messages are one object request. The page does not say whether a message that
   * is answered by itself counts, so here it does.
   */
  socketMessagesPerRequest: 20,
} as const;

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
