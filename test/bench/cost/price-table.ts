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
