const AGAIN_AFTER_MS = 60_000;
const AGAIN_AT_LEAST_EVERY_MS = 3_600_000;

/**
 * Lets a warning through when it comes first, and again after a minute, two, four and so on, up to an
 * hour: a fault that lasts is neither forgotten nor all that there is to read.
 */
export function paced(
  tell: (line: string) => void,
  nowMs: () => number = () => performance.now(),
): (line: string) => void {
  let dueAtMs = Number.NEGATIVE_INFINITY;
  let pauseMs = AGAIN_AFTER_MS;
  return (line) => {
    if (nowMs() < dueAtMs) return;
    dueAtMs = nowMs() + pauseMs;
    pauseMs = Math.min(AGAIN_AT_LEAST_EVERY_MS, 2 * pauseMs);
    tell(line);
  };
}
