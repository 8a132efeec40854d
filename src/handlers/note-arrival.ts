import type { ServiceRequest } from "../auth/service-request.ts";

/** Remembers when a request came, for the log. */
export function noteArrival(request: ServiceRequest): void {
  request.receivedAtMs = Date.now();
}
