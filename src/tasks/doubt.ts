import {
  type ChildReport,
  type ChildRow,
  confirmed,
  type Family,
  lives,
  NO_COUNTS,
} from "./family.ts";

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
export function isUrgent(family: Family, row: ChildRow, nowMs: number): boolean {
  const { latch, superseder } = family;
  const isCounted = lives(row.counts);
  if (isForgotten(row)) {
    const hasNews = latch !== null || superseder !== null;
    return (isCounted || hasNews) && isBeingMade(family, row, nowMs);
  }
  if (!isCounted || !isNew(row, nowMs)) return false;
  return row.reportedAt > 0 || latch !== null;
}

/**
 * The row of a child that has ended and is about to be forgotten; null: that is no news. A Worker may be
 * making it anew, by an adoption from before the parent's cancel. So it is asked until that is over, and
 * not told, which would make it. If nothing came of its last adoption so far, it counts as living as yet.
 */
export function forgotten(family: Family, row: ChildRow, nowMs: number): ChildRow | null {
  if (!isBeingMade(family, row, nowMs)) return null;
  return missed(family, { ...row, isDoubtful: true, isTold: true }, nowMs);
}

/** The row of a child that was forgotten, after it has said how it is; null: it was not. */
export function heardAnew(
  family: Family,
  row: ChildRow,
  report: ChildReport,
  nowMs: number,
): ChildRow | null {
  if (!isForgotten(row)) return null;
  const after = confirmed(row, report) ?? row;
  if (report.hasEnded) return { ...after, isDoubtful: isBeingMade(family, row, nowMs) };
  // It was made anew, and has heard of nothing.
  return { ...after, isDoubtful: false, isTold: false };
}

export function isForgotten({ isDoubtful, isTold }: ChildRow): boolean {
  return isDoubtful && isTold;
}

/** The row of a child that is not there; null: nobody makes it any more. */
export function missed(family: Family, row: ChildRow, nowMs: number): ChildRow | null {
  if (isForgotten(row)) {
    if (isNew(row, nowMs)) return row;
    const counts = { ...row.counts, ended: row.counts.total };
    const isDoubtful = isBeingMade(family, row, nowMs);
    return { ...row, isDoubtful, hasEnded: true, counts };
  }
  return isNew(row, nowMs) ? { ...row, isDoubtful: true } : withoutChild(family, row, nowMs);
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

/** Whether a Worker may be about to make a child that was forgotten. */
function isBeingMade(family: Family, row: ChildRow, nowMs: number): boolean {
  return ageMs(lastAdoptedAtMs(family, row), nowMs) < 2 * DECLARED_WITHIN_MS;
}

function ageMs(atMs: number, nowMs: number): number {
  // A clock that is set back may show an earlier time.
  return Math.abs(nowMs - atMs);
}
