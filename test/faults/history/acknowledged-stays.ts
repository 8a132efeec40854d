import type { Life } from "./life.ts";

/**
 * I1. A cancel that was answered is on record, unless the task had ended by itself before; and
 * somebody has looked once more afterwards, or the lab would prove nothing. What that look must see
 * is `knownIsSeen`.
 */
export function acknowledgedStays({ calls }: Life): string[] {
  const lastReadAtMs = Math.max(
    ...calls.map(({ operation, atMs, answer }) => (operation === "get" && answer ? atMs : 0)),
  );
  return calls.flatMap(({ operation, call, answer }) => {
    if (operation !== "cancel" || answer === null || answer.isRefused) return [];
    const { task, atMs } = answer;
    if (task === null || (task.cancellation === null && task.endedAt === null)) {
      return [`${call} was acknowledged at ${atMs} and the answer shows no cancellation`];
    }
    if (lastReadAtMs < atMs) return [`${call} was acknowledged and nobody looked afterwards`];
    return [];
  });
}
