import type { PendingTask } from "./task.ts";
import type { DeclareEvent } from "./task-event.ts";

const DEFAULT_GRACE_PERIOD_SECONDS = 30;
/** Seven days: a cancel that came first must outlive the queue its worker waits in. */
const DEFAULT_RETENTION_SECONDS = 604_800;

type Settings = Omit<DeclareEvent, "type">;

const NOTHING_SET: Settings = {
  timeoutSeconds: null,
  gracePeriodSeconds: null,
  retentionSeconds: null,
  metadata: {},
};

/**
 * A task before anything happened to it. Its revision comes from the clock, so that the revisions of
 * a task that was forgotten do not come back with the next one of its id: whoever still has one must
 * hear that it is over, and not be taken for up to date.
 */
export function newTask(nowMs: number, settings: Settings = NOTHING_SET): PendingTask {
  return {
    status: "pending",
    revision: nowMs,
    attempt: 0,
    timeoutSeconds: settings.timeoutSeconds,
    gracePeriodSeconds: settings.gracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS,
    retentionSeconds: settings.retentionSeconds ?? DEFAULT_RETENTION_SECONDS,
    metadata: settings.metadata,
    createdAtMs: nowMs,
  };
}
