import { LEARN_WITHIN_MS } from "./learn-within-ms.ts";
import type { Life, Watcher } from "./life.ts";

/**
 * I3. Every live watcher learns of a cancel within a second of its acknowledgement, and one whose
 * line was cut within a second of being connected again.
 */
export function watchersLearn({ calls, watchers }: Life): string[] {
  const acknowledged = calls.flatMap(({ operation, answer }) =>
    operation === "cancel" && answer?.task?.cancellation ? [answer.atMs] : [],
  );
  if (acknowledged.length === 0) return [];
  const acknowledgedAtMs = Math.min(...acknowledged);
  return watchers.flatMap((watcher) => {
    const connectedAtMs = connectedSince(watcher, acknowledgedAtMs);
    if (connectedAtMs === null) return [];
    const dueAtMs = connectedAtMs + LEARN_WITHIN_MS;
    const learntAtMs = learnt(watcher);
    if (learntAtMs <= dueAtMs) return [];
    if ((watcher.closedAtMs ?? Number.POSITIVE_INFINITY) <= dueAtMs) return [];
    const when = learntAtMs === Number.POSITIVE_INFINITY ? "never" : `at ${learntAtMs}`;
    return [
      `the cancel was acknowledged at ${acknowledgedAtMs}, ${watcher.watcher} was connected from ${connectedAtMs} on and learnt of it ${when}`,
    ];
  });
}

/**
 * From when on a watcher could learn of a cancel without interruption; null: never. A line that is
 * cut within the time that it has to learn starts anew. Of a line of which nothing else is known,
 * the first word that comes over it says that it works.
 */
function connectedSince({ line, told }: Watcher, acknowledgedAtMs: number): number | null {
  const [firstWord] = told;
  const changes = [...line].sort((a, b) => a.atMs - b.atMs);
  const [firstChange] = changes;
  if (firstWord && (!firstChange || firstWord.atMs < firstChange.atMs)) {
    changes.unshift({ atMs: firstWord.atMs, isConnected: true });
  }
  let sinceMs: number | null = null;
  for (const { atMs, isConnected } of changes) {
    if (isConnected) sinceMs ??= Math.max(atMs, acknowledgedAtMs);
    else if (sinceMs === null || atMs < sinceMs + LEARN_WITHIN_MS) sinceMs = null;
  }
  return sinceMs;
}

function learnt({ told, aborted }: Watcher): number {
  const toldAtMs = told.flatMap(({ atMs, task }) => (task.cancellation === null ? [] : [atMs]));
  return Math.min(aborted?.atMs ?? Number.POSITIVE_INFINITY, ...toldAtMs);
}
