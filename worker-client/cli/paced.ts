const AGAIN_AFTER_MS = 60_000;
const AGAIN_AT_LEAST_EVERY_MS = 3_600_000;

/**
 * Limits how often a warning is printed: the first time, and again after a minute, two, four and so on,
 * up to an hour. A lasting fault is not forgotten, and does not flood the output.
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
