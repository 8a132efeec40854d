import { type ChildRow, type Family, lives, NO_COUNTS } from "./family.ts";

/** A Worker creates an adopted child within this time, or not at all. */
export const DECLARED_WITHIN_MS = 60_000;
/**
 * How often children in doubt are asked. One that does not exist this long after adoption is
 * dropped.
 */
export const ASKED_EVERY_MS = 3_600_000;

/**
 * Returns the family with a time set to ask a child in doubt. Asking wakes the child, so one that
 * is probably fine is left alone for longer: most report their end before that.
 */
export function withDoubt(family: Family, row: ChildRow, nowMs: number): Family {
  const atMs = nowMs + (isUrgent(family, row, nowMs) ? DECLARED_WITHIN_MS : ASKED_EVERY_MS);
  return { ...family, doubtAtMs: Math.min(family.doubtAtMs ?? atMs, atMs) };
}

/** Whether a child in doubt has probably ended but counts as living, or may have missed its cancel. */
export function isUrgent({ latch }: Family, row: ChildRow, nowMs: number): boolean {
  if (!lives(row.counts) || !isNew(row, nowMs)) return false;
  return row.reportedAt > 0 || latch !== null;
}

/** The row of a child that does not exist, or null if nobody can create it any more. */
export function missed(family: Family, row: ChildRow, nowMs: number): ChildRow | null {
  if (isNew(row, nowMs)) return { ...row, isDoubtful: true };
  if (row.reportedAt === 0) return withoutChild(family, row, nowMs);
  // It ended, and was forgotten.
  const counts = { ...row.counts, ended: row.counts.total };
  return { ...row, hasEnded: true, counts, isDoubtful: isBeingMade(family, row, nowMs) };
}

/** The row of a child that does not exist or has another parent, so does not count. Null to drop it. */
export function withoutChild(family: Family, row: ChildRow, nowMs: number): ChildRow | null {
  // Until then, another Worker may still create it.
  if (ageMs(lastAdoptedAtMs(family, row), nowMs) >= ASKED_EVERY_MS) return null;
  return { ...row, isDoubtful: true, hasEnded: true, counts: NO_COUNTS };
}

/** Whether the Worker may still be creating the child. */
export function isNew({ adoptedAtMs }: ChildRow, nowMs: number): boolean {
  return ageMs(adoptedAtMs, nowMs) < DECLARED_WITHIN_MS;
}

/**
 * When a child was last adopted. Repeated adoptions are stored for all living children together,
 * and at most once per `DECLARED_WITHIN_MS`, so this can be another child's time, or be early by
 * that much.
 */
export function lastAdoptedAtMs({ readoptedAtMs = 0 }: Family, { adoptedAtMs }: ChildRow): number {
  return Math.max(adoptedAtMs, readoptedAtMs);
}

/** Whether the Worker that had a child adopted may still create it, even if it has ended since. */
export function isBeingMade(family: Family, row: ChildRow, nowMs: number): boolean {
  return ageMs(lastAdoptedAtMs(family, row), nowMs) < 2 * DECLARED_WITHIN_MS;
}

/** Whether a Worker may still create a child that does not count at present, such as a forgotten one. */
export function isExpecting({ doubtful = 0, lastAdoptedAtMs }: Family, nowMs: number): boolean {
  return doubtful > 0 && ageMs(lastAdoptedAtMs, nowMs) < DECLARED_WITHIN_MS;
}

function ageMs(atMs: number, nowMs: number): number {
  // The clock may have been set back.
  return Math.abs(nowMs - atMs);
}
