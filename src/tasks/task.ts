import type {
  AttemptOutcome,
  CancellationCause,
  EndedStatus,
  JsonObject,
  JsonValue,
} from "../../worker-client/protocol.ts";
import type { Outbox } from "../durable/outbox.ts";
import type { Effect } from "./effects.ts";
import type { DeclareEvent } from "./events.ts";

/** One run of a task as it is stored. Times are milliseconds since 1970. */
export interface StoredAttempt {
  readonly attempt: number;
  readonly holder: string;
  readonly startedAtMs: number;
  /** Null, as `outcome`, until its end is reported or another holder takes over. */
  readonly endedAtMs: number | null;
  readonly outcome: AttemptOutcome | null;
  readonly error: JsonValue;
}

/** A cancel as it is stored. Times are milliseconds since 1970. */
export interface StoredCancellation {
  readonly cause: CancellationCause;
  readonly reason: string | null;
  readonly requestedBy: string | null;
  readonly requestedAtMs: number;
  readonly deliveredAtMs: number | null;
  readonly acknowledgedAtMs: number | null;
  /** How long the worker may take to stop; null if no worker was running. */
  readonly gracePeriodSeconds: number | null;
  /** From when that counts: the first delivery, or when it was shortened. Null: from the request. */
  readonly graceFromMs: number | null;
}

/** How often a task is tried, and how long it waits in between. */
export interface StoredRetryPolicy {
  readonly maxAttempts: number;
  readonly backoffSeconds: number;
  readonly maxBackoffSeconds: number;
}

/** The queue that a task waits in whenever it is pending. */
export interface StoredQueuePlace {
  readonly name: string;
  /** −9 to 9; higher first. */
  readonly priority: number;
}

/** When a pending task puts itself into its queue again, whatever has become of its place there. */
export interface StoredReminder {
  readonly atMs: number;
  /** How long it has waited for that; the next one comes after twice as long. */
  readonly afterSeconds: number;
}

export interface TaskBase extends StoredRetryPolicy {
  readonly revision: number;
  readonly attempt: number;
  /** The last attempts, oldest first; the last one of them is `attempt`. */
  readonly attempts: readonly StoredAttempt[];
  readonly timeoutSeconds: number | null;
  readonly gracePeriodSeconds: number;
  readonly retentionSeconds: number;
  readonly startWithinSeconds: number | null;
  readonly metadata: JsonObject;
  readonly createdAtMs: number;
  /** How many attempts have failed or were lost. */
  readonly failures: number;
  /** It is not started before: it backs off, or a lost worker may still be stopping. Null: at once. */
  readonly availableAtMs: number | null;
  readonly progress: JsonValue;
  /** Null: workers are told of the task in some other way. */
  readonly queued: StoredQueuePlace | null;
  /** The tasks above it: its parent first. Empty: it has none. */
  readonly ancestors: readonly string[];
  /** Whether it ever had a child. Its children are stored apart from it. */
  readonly hasChildren: boolean;
  /** Whether it takes the place of its parent's earlier children. */
  readonly supersedes: boolean;
  /** Whether it was declared with an input, which is stored apart from it. */
  readonly hasInput: boolean;
  /** The trace that it was made in (W3C Trace Context); null: the request named none. */
  readonly traceparent: string | null;
  readonly outbox: Outbox<Effect>;
}

export interface PendingTask extends TaskBase {
  readonly status: "pending";
  /** When its first attempt started; null if there was none. */
  readonly startedAtMs: number | null;
  /** Of a task in a queue. */
  readonly reminder?: StoredReminder;
}

interface StartedTask extends TaskBase {
  /** When its first attempt started; of a task that failed and runs again, the first since then. */
  readonly startedAtMs: number;
  /** How long the run counts as alive without a sign of life; null: it holds no lease. */
  readonly leaseSeconds: number | null;
  /** The last sign of life that is on disk; a run's sockets may tell of later ones. */
  readonly heardAtMs: number;
  /**
   * Whether the run's worker had a connection when this was stored. A restart of the service takes
   * connections without a word, and with them what was heard over them.
   */
  readonly hadLine?: boolean;
}

export interface RunningTask extends StartedTask {
  readonly status: "running";
}

export interface CancellingTask extends StartedTask {
  readonly status: "cancelling";
  readonly cancellation: StoredCancellation;
}

interface EndedTaskBase extends TaskBase {
  readonly startedAtMs: number | null;
  readonly endedAtMs: number;
  readonly result: JsonValue;
  readonly error: JsonValue;
}

/** The worker reported an end of its own. A cancel that came too late to stop it stays on record. */
export interface CompletedTask extends EndedTaskBase {
  readonly status: Extract<EndedStatus, "succeeded" | "failed">;
  readonly cancellation: StoredCancellation | null;
}

/** The cancel stopped it, or the worker's time to stop was over. */
export interface CancelledTask extends EndedTaskBase {
  readonly status: Extract<EndedStatus, "cancelled" | "timed_out">;
  readonly cancellation: StoredCancellation;
}

export type EndedTask = CompletedTask | CancelledTask;

/** A task as it is stored: only what cannot be derived. An unknown task is `null`. */
export type Task = PendingTask | RunningTask | CancellingTask | EndedTask;

/** A task as it may be on disk. A version that kept no attempts has the holder of a living run there. */
export type TaskRow = RowOf<Task>;

type RowOf<Known extends Task> = Known extends PendingTask
  ? Omit<Known, Added | "startedAtMs"> &
      Partial<Pick<Known, (Added & keyof Known) | "startedAtMs">> & { readonly holder?: string }
  : Known extends Task
    ? Omit<Known, Added> & Partial<Pick<Known, Added & keyof Known>> & { readonly holder?: string }
    : never;

/** What earlier versions did not write. */
type Added = "attempts" | "leaseSeconds" | "heardAtMs" | keyof typeof NEVER_TRIED;

const NEVER_TRIED = {
  maxAttempts: 1,
  backoffSeconds: 10,
  maxBackoffSeconds: 3600,
  startWithinSeconds: null,
  failures: 0,
  availableAtMs: null,
  progress: null,
  queued: null,
  ancestors: [],
  hasChildren: false,
  supersedes: false,
  hasInput: false,
  traceparent: null,
  outbox: [],
} as const;

/** The task in a row, whichever version wrote it. */
export function fromRow(row: TaskRow): Task {
  const added = { ...NEVER_TRIED, attempts: earlierAttempts(row) };
  switch (row.status) {
    case "pending": {
      const { holder: _, startedAtMs = null, ...task } = row;
      return { ...added, ...task, startedAtMs };
    }
    case "running":
    case "cancelling": {
      const { holder: _, ...task } = row;
      return { ...added, leaseSeconds: null, heardAtMs: row.startedAtMs, ...task };
    }
    default: {
      const { holder: _, ...task } = row;
      return { ...added, ...task };
    }
  }
}

function earlierAttempts(row: TaskRow): readonly StoredAttempt[] {
  if (row.holder === undefined || !("startedAtMs" in row) || row.startedAtMs === null) return [];
  const { attempt, holder, startedAtMs } = row;
  return [{ attempt, holder, startedAtMs, endedAtMs: null, outcome: null, error: null }];
}

const DEFAULT_GRACE_PERIOD_SECONDS = 30;
/** A task in a queue is handed on when its worker dies or fails. */
const DEFAULT_MAX_ATTEMPTS_IN_QUEUE = 3;
/** Seven days: a cancel that came first must outlive the queue its worker waits in. */
const DEFAULT_RETENTION_SECONDS = 604_800;

type Settings = Omit<DeclareEvent, "type">;

export const NOTHING_SET: Settings = {
  timeoutSeconds: null,
  gracePeriodSeconds: null,
  retentionSeconds: null,
  metadata: {},
};

/**
 * A task before anything happened to it. Its revision comes from the clock, so that the next task of
 * an id does not repeat the revisions of a forgotten one: a watch that still names one of those must
 * be told that the task is gone, not that nothing has changed.
 */
export function newTask(nowMs: number, settings: Settings = NOTHING_SET): PendingTask {
  const { queue, priority = 0, input, availableAtMs, delaySeconds } = settings;
  const queued = queue === undefined ? null : { name: queue, priority };
  const fromMs = delaySeconds === undefined ? availableAtMs : nowMs + delaySeconds * 1000;
  const isDelayed = fromMs !== undefined && fromMs > nowMs;
  return {
    status: "pending",
    revision: nowMs,
    attempt: 0,
    attempts: [],
    timeoutSeconds: settings.timeoutSeconds,
    gracePeriodSeconds: settings.gracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS,
    retentionSeconds: settings.retentionSeconds ?? DEFAULT_RETENTION_SECONDS,
    metadata: settings.metadata,
    startWithinSeconds: settings.startWithinSeconds ?? NEVER_TRIED.startWithinSeconds,
    maxAttempts:
      settings.maxAttempts ?? (queued ? DEFAULT_MAX_ATTEMPTS_IN_QUEUE : NEVER_TRIED.maxAttempts),
    backoffSeconds: settings.backoffSeconds ?? NEVER_TRIED.backoffSeconds,
    maxBackoffSeconds: settings.maxBackoffSeconds ?? NEVER_TRIED.maxBackoffSeconds,
    failures: NEVER_TRIED.failures,
    availableAtMs: isDelayed ? fromMs : NEVER_TRIED.availableAtMs,
    progress: NEVER_TRIED.progress,
    queued,
    ancestors: settings.ancestors ?? NEVER_TRIED.ancestors,
    hasChildren: NEVER_TRIED.hasChildren,
    supersedes: settings.supersede ?? NEVER_TRIED.supersedes,
    hasInput: input !== undefined,
    traceparent: settings.traceparent ?? NEVER_TRIED.traceparent,
    outbox: NEVER_TRIED.outbox,
    ...(queued && { reminder: firstReminder(isDelayed ? fromMs : nowMs) }),
    startedAtMs: null,
    createdAtMs: nowMs,
  };
}

const FIRST_REMINDER_SECONDS = 60;

/** The first reminder of a task that waits in a queue, and can be claimed from a time on. */
export function firstReminder(claimableAtMs: number): StoredReminder {
  return {
    atMs: claimableAtMs + FIRST_REMINDER_SECONDS * 1000,
    afterSeconds: FIRST_REMINDER_SECONDS,
  };
}

/** Whether the task has ended. Only a failed one can run again. */
export function isEnded(task: Task): task is EndedTask {
  switch (task.status) {
    case "pending":
    case "running":
    case "cancelling":
      return false;
    case "succeeded":
    case "failed":
    case "cancelled":
    case "timed_out":
      return true;
  }
}

/** The cancellation on record, if there is one. */
export function cancellationOf(task: Task): StoredCancellation | null {
  return "cancellation" in task ? task.cancellation : null;
}
