import type { TaskWatch } from "../../index.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandStopper } from "./command-stopper.ts";
import type { ExecOptions } from "./exec-options.ts";
import { isDeadlineOnRecord } from "./is-deadline-on-record.ts";
import { ringAtDeadline } from "./ring-at-deadline.ts";
import type { TaskStart } from "./task-start.ts";
import { tellBriefly } from "./tell-briefly.ts";
import { watchTask } from "./watch-task.ts";

/**
 * A command that is shorter needs no watch, which takes Node a while to load. The state comes first
 * in a watch, so what comes meanwhile is not lost.
 */
const WATCH_AFTER_MS = 50;

interface Supervised {
  readonly context: CommandContext;
  readonly options: ExecOptions;
  readonly start: TaskStart;
  readonly stopper: CommandStopper;
}

/** Has a command stopped for whatever is a reason to; call the answer when it has ended. */
export function superviseCommand({ context, options, start, stopper }: Supervised): () => void {
  const { taskId, abortAfterSeconds, timeoutSeconds } = options;
  const over = new AbortController();
  const refused = ({ message }: Error) => {
    if (over.signal.aborted) return;
    tellBriefly(`the command goes on, but cannot be cancelled: ${message}`);
  };

  start.outcome.then((outcome) => {
    if (outcome?.kind === "cancelled") stopper.begin(outcome.reason);
    if (outcome?.kind === "refused") refused(outcome.error);
  }, refused);

  let watch: TaskWatch | null = null;
  const timer = setTimeout(() => {
    watch = watchTask(context.watchClient(), {
      taskId,
      abortAfterSeconds,
      attempt: () => start.attempt,
      onStop: (reason) => stopper.begin(reason),
      onRefused: refused,
    });
  }, WATCH_AFTER_MS);

  if (timeoutSeconds !== null) {
    ringAtDeadline({
      timeoutSeconds,
      isOnRecord: () => start.task !== null && isDeadlineOnRecord(start.task, timeoutSeconds),
      ring: () => stopper.begin({ kind: "deadline", seconds: timeoutSeconds }),
      signal: over.signal,
    });
  }

  return () => {
    over.abort();
    clearTimeout(timer);
    watch?.close();
  };
}
