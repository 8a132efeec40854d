import type { Caller } from "./caller.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./clock-tolerance-seconds.ts";

/**
 * When a watch ends that is opened now: with its token. One that is opened with a token that is taken
 * for the clock's tolerance alone lasts as long as that, or a client would come back without a pause.
 * Null: never.
 */
export function watchEndsAtMs({ expiresAtMs }: Caller, nowMs: number): number | null {
  if (expiresAtMs === null || nowMs < expiresAtMs) return expiresAtMs;
  return expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1000;
}
