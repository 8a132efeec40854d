import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Life } from "./life.ts";

/** A look at a task. */
interface Seen {
  /** When it was asked for: what was known before must be in it. Null: told without being asked. */
  readonly begunAtMs: number | null;
  readonly seenAtMs: number;
  /** Null: nobody knew the task. */
  readonly task: TaskState | null;
}

/** Every look that anybody got at a task, in the order in which they got it. */
export function seenIn(life: Life): Seen[] {
  const answers = life.calls.flatMap(({ atMs, answer }) =>
    answer === null || answer.isUnchanged
      ? []
      : [{ begunAtMs: atMs, seenAtMs: answer.atMs, task: answer.task }],
  );
  const told = life.watchers.flatMap((watcher) =>
    watcher.told.map(({ atMs, task }) => ({ begunAtMs: null, seenAtMs: atMs, task })),
  );
  return [...answers, ...told].sort((a, b) => a.seenAtMs - b.seenAtMs);
}
