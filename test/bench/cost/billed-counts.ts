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
