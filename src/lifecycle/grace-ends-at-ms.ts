import type { StoredCancellation } from "./task.ts";

/** When a cancelled task counts as stopped anyway; null if no worker was running. */
export function graceEndsAtMs(cancellation: StoredCancellation): number | null {
  if (cancellation.gracePeriodSeconds === null) return null;
  return cancellation.requestedAtMs + cancellation.gracePeriodSeconds * 1000;
}
