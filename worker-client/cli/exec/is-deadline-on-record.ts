import type { TaskState } from "../../index.ts";

/**
 * Whether the service ends the task by itself so long after its start, or sooner. It does not where
 * the token may not declare, or where somebody else has declared the task before.
 */
export function isDeadlineOnRecord(
  { startedAt, deadlineAt }: TaskState,
  timeoutSeconds: number,
): boolean {
  if (startedAt === null || deadlineAt === null) return false;
  return Date.parse(deadlineAt) - Date.parse(startedAt) <= timeoutSeconds * 1000;
}
