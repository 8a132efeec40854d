import type { StopReason } from "./stop-reason.ts";

/** Where nobody says how long: the service's own default. */
const DEFAULT_MS = 30_000;
/** For a command whose task counts as stopped already. */
const OVER_MS = 5000;
/** So much earlier the command is killed, so that the report gets in before the grace is over. */
const MARGIN_MS = 2000;
const MARGIN_SHARE = 0.2;

/** How long a command may take to stop, in milliseconds. `graceSeconds` is what the user chose. */
export function graceMs(reason: StopReason, graceSeconds: number | null, nowMs: number): number {
  if (graceSeconds !== null) return graceSeconds * 1000;
  if (reason.kind !== "cancelled" || reason.cancellation.graceEndsAt === null) return DEFAULT_MS;
  const endsAtMs = Date.parse(reason.cancellation.graceEndsAt);
  const wholeMs = endsAtMs - Date.parse(reason.cancellation.requestedAt);
  if (reason.isOver) return Math.min(wholeMs, OVER_MS);
  const leftMs = endsAtMs - nowMs;
  // The times are the service's; a clock here that makes no sense of them is not to be believed.
  const isPlausible = leftMs > 0 && leftMs < wholeMs;
  const knownMs = isPlausible ? leftMs : wholeMs;
  return Math.max(0, knownMs - Math.min(MARGIN_MS, wholeMs * MARGIN_SHARE));
}
