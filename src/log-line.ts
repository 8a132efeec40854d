import { jsonLine } from "../worker-client/safe-text.ts";

/**
 * Formats a line of the service's log: the event, the time, and the rest. What a terminal would act on
 * is escaped, so the line is safe to print no matter where its strings come from.
 */
export function logLine(event: string, rest: object): string {
  return jsonLine({ event, loggedAt: new Date().toISOString(), ...rest });
}
