import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Life } from "./life.ts";
import { seenIn } from "./seen-in.ts";

/** I2. Whatever anybody has seen of a task, a look that begins afterwards sees it, or what came of it. */
export function knownIsSeen(life: Life): string[] {
  const forgottenAtMs = life.calls.find(({ operation }) => operation === "forget")?.atMs;
  const all = seenIn(life);
  return all.flatMap(({ begunAtMs, seenAtMs, task }) => {
    if (begunAtMs === null || (forgottenAtMs ?? Number.POSITIVE_INFINITY) <= seenAtMs) return [];
    const known = newest(all.filter((earlier) => earlier.seenAtMs < begunAtMs));
    const lost = known && whatIsLost(known, task);
    return lost ? [`a read that began at ${begunAtMs} ${lost}`] : [];
  });
}

function newest(seen: readonly { readonly task: TaskState | null }[]): TaskState | null {
  let known: TaskState | null = null;
  for (const { task } of seen) {
    if (task !== null && (known === null || task.revision > known.revision)) known = task;
  }
  return known;
}

function whatIsLost(known: TaskState, task: TaskState | null): string | null {
  if (task === null) return `found no task, revision ${known.revision} was known`;
  if (task.revision < known.revision) {
    return `found revision ${task.revision}, ${known.revision} was known`;
  }
  if (known.cancellation === null) return null;
  const { cause, reason, requestedAt } = known.cancellation;
  const now = task.cancellation;
  if (now?.cause === cause && now.reason === reason && now.requestedAt === requestedAt) return null;
  return `found ${JSON.stringify(now)} in place of the cancellation of ${requestedAt}`;
}
