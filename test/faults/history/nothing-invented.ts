import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Life, Watcher } from "./life.ts";
import { seenIn } from "./seen-in.ts";

/** I4. Nobody is told of a cancel that nobody asked for, and nothing else aborts a watch either. */
export function nothingInvented(life: Life): string[] {
  const askedAtMs = (operation: string) =>
    Math.min(...life.calls.flatMap((call) => (call.operation === operation ? [call.atMs] : [])));
  const cancelAtMs = askedAtMs("cancel");
  const all = seenIn(life);
  const deadlines = all.flatMap(({ task }) =>
    task?.deadlineAt ? [Date.parse(task.deadlineAt)] : [],
  );
  const deadlineAtMs = Math.min(...deadlines);
  const starts = life.calls.filter(({ operation }) => operation === "start").length;

  const seen = all.flatMap(({ seenAtMs, task }) => {
    const cause = task === null ? null : inventedCause(task, seenAtMs, cancelAtMs, deadlineAtMs);
    return cause === null
      ? []
      : [`a cancel (${cause}) was seen at ${seenAtMs}, nobody asked for it`];
  });
  const aborted = life.watchers.flatMap((watcher) =>
    isInvented(watcher, { cancelAtMs, deadlineAtMs, forgetAtMs: askedAtMs("forget"), starts })
      ? [`${watcher.watcher} aborted with ${JSON.stringify(watcher.aborted)} for no reason`]
      : [],
  );
  return [...seen, ...aborted];
}

function inventedCause(
  { cancellation, status }: TaskState,
  seenAtMs: number,
  cancelAtMs: number,
  deadlineAtMs: number,
): string | null {
  if (cancellation === null)
    return status === "cancelled" || status === "timed_out" ? status : null;
  const { cause } = cancellation;
  return seenAtMs < (cause === "request" ? cancelAtMs : deadlineAtMs) ? cause : null;
}

interface Reasons {
  readonly cancelAtMs: number;
  readonly deadlineAtMs: number;
  readonly forgetAtMs: number;
  readonly starts: number;
}

function isInvented({ aborted }: Watcher, reasons: Reasons): boolean {
  if (aborted === null) return false;
  switch (aborted.error) {
    case "TaskCancelledError":
      return (
        aborted.atMs < (aborted.cause === "request" ? reasons.cancelAtMs : reasons.deadlineAtMs)
      );
    case "TaskFencedError":
      return reasons.starts < 2;
    case "TaskGoneError":
      return aborted.atMs < reasons.forgetAtMs;
    default:
      return true;
  }
}
