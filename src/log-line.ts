import { jsonLine } from "../worker-client/safe-text.ts";

/**
 * Returns a line of the service's log: what happened, when it was written, and the rest. A terminal
 * shows all of it and acts on none of it, no matter where its texts come from.
 */
export function logLine(event: string, rest: object): string {
  return jsonLine({ event, loggedAt: new Date().toISOString(), ...rest });
}
