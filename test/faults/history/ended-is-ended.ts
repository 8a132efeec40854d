import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Life } from "./life.ts";
import { seenIn } from "./seen-in.ts";

/** I6. A task has one end, whoever looks, and whenever. */
export function endedIsEnded(life: Life): string[] {
  // A task that was forgotten may begin a new life under its id.
  if (life.calls.some(({ operation }) => operation === "forget")) return [];
  const ends = new Set(
    seenIn(life).flatMap(({ task }) => (task === null || task.endedAt === null ? [] : [end(task)])),
  );
  return ends.size > 1 ? [`it was seen with ${ends.size} ends: ${[...ends].join(" and ")}`] : [];
}

function end({ status, revision, attempt, endedAt, result, error }: TaskState): string {
  return JSON.stringify({ status, revision, attempt, endedAt, result, error });
}
