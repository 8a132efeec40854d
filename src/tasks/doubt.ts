import { type ChildRow, type Family, lives, NO_COUNTS } from "./family.ts";

/** Its Worker makes an adopted child within this time, or does not at all. */
export const DECLARED_WITHIN_MS = 60_000;
/** How often those in doubt are asked. One that does not exist so long after its adoption is dropped. */
export const ASKED_EVERY_MS = 3_600_000;

/**
 * The family with a child in doubt, which is asked after a while. Asking wakes a child, so one that is
 * probably well is left alone for longer: most have reported their end by then.
 */
export function withDoubt(family: Family, row: ChildRow, nowMs: number): Family {
  const atMs = nowMs + (isUrgent(family, row, nowMs) ? DECLARED_WITHIN_MS : ASKED_EVERY_MS);
  return { ...family, doubtAtMs: Math.min(family.doubtAtMs ?? atMs, atMs) };
}

/** Whether a doubtful child has probably ended though it counts as living, or may go on without its cancel. */
export function isUrgent({ latch }: Family, row: ChildRow, nowMs: number): boolean {
  if (!lives(row.counts) || !isNew(row, nowMs)) return false;
  return row.reportedAt > 0 || latch !== null;
}

/** The row of a child that is not there; null: nobody makes it any more. */
export function missed(family: Family, row: ChildRow, nowMs: number): ChildRow | null {
  if (isNew(row, nowMs)) return { ...row, isDoubtful: true };
  if (row.reportedAt === 0) return withoutChild(family, row, nowMs);
  // It had ended, and was forgotten.
  const counts = { ...row.counts, ended: row.counts.total };
  return { ...row, hasEnded: true, counts, isDoubtful: isBeingMade(family, row, nowMs) };
}

/** The row of a child that another parent has, or none at all: it does not count. */
export function withoutChild(family: Family, row: ChildRow, nowMs: number): ChildRow | null {
  // Another Worker may still make it, or died before it could.
  if (ageMs(lastAdoptedAtMs(family, row), nowMs) >= ASKED_EVERY_MS) return null;
  return { ...row, isDoubtful: true, hasEnded: true, counts: NO_COUNTS };
}

/** Whether a child's Worker may only just be making it. */
export function isNew({ adoptedAtMs }: ChildRow, nowMs: number): boolean {
  return ageMs(adoptedAtMs, nowMs) < DECLARED_WITHIN_MS;
}

/** When a child was adopted last, or, to within `DECLARED_WITHIN_MS`, any child that lived already. */
export function lastAdoptedAtMs({ readoptedAtMs = 0 }: Family, { adoptedAtMs }: ChildRow): number {
  return Math.max(adoptedAtMs, readoptedAtMs);
}

/** Whether a Worker may be about to make a child that it was adopted for, whatever has come of that since. */
export function isBeingMade(family: Family, row: ChildRow, nowMs: number): boolean {
  return ageMs(lastAdoptedAtMs(family, row), nowMs) < 2 * DECLARED_WITHIN_MS;
}

/** Whether a Worker may be about to make a child that does not count: one that was forgotten, say. */
export function isExpecting({ doubtful = 0, lastAdoptedAtMs }: Family, nowMs: number): boolean {
  return doubtful > 0 && ageMs(lastAdoptedAtMs, nowMs) < DECLARED_WITHIN_MS;
}

function ageMs(atMs: number, nowMs: number): number {
  // A clock that is set back may show an earlier time.
  return Math.abs(nowMs - atMs);
}
