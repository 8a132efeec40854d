/** A run of a task as its worker wrote it down, by one clock for all. */
export interface LoggedRun {
  readonly name: string;
  readonly beganAtMs: number;
  /** When its worker stopped, or died. Null: it is still at work. */
  endedAtMs: number | null;
  /** When its lease clock rang too late, and when it knew that it may go on. */
  readonly gaps: { readonly kind: "late" | "goes on"; readonly atMs: number }[];
}

interface Stretch {
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Returns every pair of workers that were at work on a task at once. A worker that was stopped, or
 * did not yield, cannot obey from the end of its lease until it has asked whether it may go on: there
 * the attempt fences.
 */
export function overlapsIn(log: readonly LoggedRun[], untilMs: number): string[] {
  const stretches = log.flatMap((run) => stretchesOf(run, untilMs));
  stretches.sort((a, b) => a.fromMs - b.fromMs);
  const overlaps: string[] = [];
  let latest: Stretch | null = null;
  for (const stretch of stretches) {
    if (latest !== null && stretch.fromMs < latest.untilMs && stretch.name !== latest.name) {
      overlaps.push(
        `${latest.name} was at work until ${latest.untilMs}, and ${stretch.name} from ${stretch.fromMs} on`,
      );
    }
    if (latest === null || stretch.untilMs > latest.untilMs) latest = stretch;
  }
  return overlaps;
}

/** When a worker was at work and able to obey. */
function stretchesOf({ name, beganAtMs, endedAtMs, gaps }: LoggedRun, untilMs: number): Stretch[] {
  const stretches: Stretch[] = [];
  let fromMs: number | null = beganAtMs;
  for (const { kind, atMs } of gaps) {
    if (kind === "goes on") fromMs ??= atMs;
    else if (fromMs !== null) {
      stretches.push({ name, fromMs, untilMs: atMs });
      fromMs = null;
    }
  }
  if (fromMs !== null) stretches.push({ name, fromMs, untilMs: endedAtMs ?? untilMs });
  return stretches;
}
