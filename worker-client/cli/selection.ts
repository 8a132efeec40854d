import type { TaskSelection, TaskStatus } from "../index.ts";
import { TASK_STATUSES } from "../protocol.ts";
import { UsageError } from "./failure.ts";
import { durationSeconds, toPrefix, toQueue, toTaskId } from "./values.ts";

/** The options that select tasks, in the form of `parseArgs`. */
export const SELECTION_OPTIONS = {
  status: { type: "string" },
  queue: { type: "string" },
  parent: { type: "string" },
  prefix: { type: "string" },
  since: { type: "string" },
} as const;

/** The help for these options. */
export const SELECTION_HELP = `  --status STATUS    only tasks with this status, or one of several: --status pending,running
  --queue QUEUE      only tasks of this queue
  --parent TASK      only children of this task
  --prefix TEXT      only tasks whose ids begin with this
  --since DURATION   only tasks that were created within this time, such as 2h`;

type Flags = { readonly [name in keyof typeof SELECTION_OPTIONS]?: string | undefined };

/** The selection that the options make; null if there are none. */
export function selectionOf(flags: Flags, example: string): TaskSelection | null {
  const { status, queue, parent, prefix, since } = flags;
  if (Object.values({ status, queue, parent, prefix, since }).every((flag) => flag === undefined)) {
    return null;
  }
  return {
    ...(status !== undefined && { status: status.split(",").map(knownStatus) }),
    ...(queue !== undefined && { queue: toQueue(queue, example) }),
    ...(parent !== undefined && { parent: toTaskId(parent) }),
    ...(prefix !== undefined && { prefix: toPrefix(prefix) }),
    ...(since !== undefined && { createdAfter: before(durationSeconds(since, "--since")) }),
  };
}

function knownStatus(text: string): TaskStatus {
  const status = TASK_STATUSES.find((known) => known === text);
  if (status !== undefined) return status;
  throw new UsageError(`--status must be one of ${TASK_STATUSES.join(", ")}, not "${text}"`);
}

function before(seconds: number): string {
  // A time before 1970 may be no valid date, and no task is that old.
  return new Date(Math.max(0, Date.now() - seconds * 1000)).toISOString();
}
