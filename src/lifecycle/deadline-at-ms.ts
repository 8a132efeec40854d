/** When a running task is cancelled by itself; null: never. */
export function deadlineAtMs(
  startedAtMs: number | null,
  timeoutSeconds: number | null,
): number | null {
  if (startedAtMs === null || timeoutSeconds === null) return null;
  return startedAtMs + timeoutSeconds * 1000;
}
