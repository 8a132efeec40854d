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
  /** Null, like `outcome`, until its end is reported or another holder takes over. */
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
  /** When the grace period begins: on first delivery, or when shortened. Null: on the request. */
  readonly graceFromMs: number | null;
}

/** How many attempts a task has, and how long it waits between them. */
export interface StoredRetryPolicy {
  readonly maxAttempts: number;
  readonly backoffSeconds: number;
  readonly maxBackoffSeconds: number;
}

/** The queue that a task waits in whenever it is pending. */
interface StoredQueuePlace {
  readonly name: string;
  /** −9 to 9; higher first. */
  readonly priority: number;
}

/** When a pending task adds itself to its queue again, in case the queue has lost it. */
interface StoredReminder {
  readonly atMs: number;
  /** How long it waited for this reminder. The next one takes twice as long, up to an hour. */
  readonly afterSeconds: number;
}

export interface TaskBase extends StoredRetryPolicy {
  readonly revision: number;
  readonly attempt: number;
  /** The last attempts, oldest first. The last of them is number `attempt`. */
  readonly attempts: readonly StoredAttempt[];
  readonly timeoutSeconds: number | null;
  readonly gracePeriodSeconds: number;
  readonly retentionSeconds: number;
  readonly startWithinSeconds: number | null;
  readonly metadata: JsonObject;
  readonly createdAtMs: number;
  /** How many attempts failed or were lost. */
  readonly failures: number;
  /**
   * The earliest start: it is delayed, backs off, or a lost worker may still be stopping. Null: at
   * once.
   */
  readonly availableAtMs: number | null;
  readonly progress: JsonValue;
  /** Null if the task is in no queue. */
  readonly queued: StoredQueuePlace | null;
  /** The task's ancestors, its parent first. Empty if it has no parent. */
  readonly ancestors: readonly string[];
  /** Whether it keeps running when its parent is cancelled. Null: earlier versions did not store it. */
  readonly staysOn: boolean | null;
  /** Whether it ever had a child. Children are stored separately. */
  readonly hasChildren: boolean;
  /** Whether it supersedes its parent's earlier children. */
  readonly supersedes: boolean;
  /** Whether it was declared with an input, which is stored separately. */
  readonly hasInput: boolean;
  /** The W3C Trace Context of the request that created it, or null if the request had none. */
  readonly traceparent: string | null;
  readonly outbox: Outbox<Effect>;
}

export interface PendingTask extends TaskBase {
  readonly status: "pending";
  /** When its first attempt started; null if there was none. */
  readonly startedAtMs: number | null;
  /** Only for a task in a queue. */
  readonly reminder?: StoredReminder;
}

interface StartedTask extends TaskBase {
  /** When its first attempt started. If it failed and was started again, the first one since then. */
  readonly startedAtMs: number;
  /** How long the run may be silent before it counts as lost, or null if it holds no lease. */
  readonly leaseSeconds: number | null;
  /** The last sign of life on disk. The run's sockets may know of later ones. */
  readonly heardAtMs: number;
  /**
   * Whether the run's worker had a connection when this was stored. A restart of the service drops
   * connections silently, and the pings over them are lost.
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

/**
 * The task ended by itself: the worker said so, or its lease was lost. A cancel that came too late
 * to stop it stays on record.
 */
export interface CompletedTask extends EndedTaskBase {
  readonly status: Extract<EndedStatus, "succeeded" | "failed">;
  readonly cancellation: StoredCancellation | null;
}

/** The task was cancelled before it ran, its worker stopped, or the grace period is over. */
export interface CancelledTask extends EndedTaskBase {
  readonly status: Extract<EndedStatus, "cancelled" | "timed_out">;
  readonly cancellation: StoredCancellation;
}

export type EndedTask = CompletedTask | CancelledTask;

/** A task as it is stored: only what cannot be derived. An unknown task is `null`. */
export type Task = PendingTask | RunningTask | CancellingTask | EndedTask;

/** A task as any version may have stored it. Those without `attempts` stored a running task's holder. */
export type TaskRow = RowOf<Task>;

type RowOf<Known extends Task> = Known extends PendingTask
  ? Omit<Known, Added | "startedAtMs"> &
      Partial<Pick<Known, (Added & keyof Known) | "startedAtMs">> & { readonly holder?: string }
  : Known extends Task
    ? Omit<Known, Added> & Partial<Pick<Known, Added & keyof Known>> & { readonly holder?: string }
    : never;

/** The fields that earlier versions did not write. */
type Added = "attempts" | "leaseSeconds" | "heardAtMs" | keyof typeof DEFAULTS;

const DEFAULTS = {
  maxAttempts: 1,
  backoffSeconds: 10,
  maxBackoffSeconds: 3600,
  startWithinSeconds: null,
  failures: 0,
  availableAtMs: null,
  progress: null,
  queued: null,
  ancestors: [],
  staysOn: null,
  hasChildren: false,
  supersedes: false,
  hasInput: false,
  traceparent: null,
  outbox: [],
} as const;

/** Reads a task from its row, whichever version wrote it. */
export function fromRow(row: TaskRow): Task {
  const added = { ...DEFAULTS, attempts: earlierAttempts(row) };
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
/** A task in a queue is retried when its worker dies or fails. */
const DEFAULT_MAX_ATTEMPTS_IN_QUEUE = 3;
/** Seven days: a cancel that came first must outlast its worker's wait in a queue. */
const DEFAULT_RETENTION_SECONDS = 604_800;

type Settings = Omit<DeclareEvent, "type">;

export const NOTHING_SET: Settings = {
  timeoutSeconds: null,
  gracePeriodSeconds: null,
  retentionSeconds: null,
  metadata: {},
};

/**
 * A task before anything has happened to it. Its revision comes from the clock, so that a new task
 * does not repeat the revisions of a forgotten one with the same id. A watch that still names one
 * of those must be told that the task is gone, not that nothing has changed.
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
    startWithinSeconds: settings.startWithinSeconds ?? DEFAULTS.startWithinSeconds,
    maxAttempts:
      settings.maxAttempts ?? (queued ? DEFAULT_MAX_ATTEMPTS_IN_QUEUE : DEFAULTS.maxAttempts),
    backoffSeconds: settings.backoffSeconds ?? DEFAULTS.backoffSeconds,
    maxBackoffSeconds: settings.maxBackoffSeconds ?? DEFAULTS.maxBackoffSeconds,
    failures: DEFAULTS.failures,
    availableAtMs: isDelayed ? fromMs : DEFAULTS.availableAtMs,
    progress: DEFAULTS.progress,
    queued,
    ancestors: settings.ancestors ?? DEFAULTS.ancestors,
    staysOn: settings.staysOn ?? DEFAULTS.staysOn,
    hasChildren: DEFAULTS.hasChildren,
    supersedes: settings.supersede ?? DEFAULTS.supersedes,
    hasInput: input !== undefined,
    traceparent: settings.traceparent ?? DEFAULTS.traceparent,
    outbox: DEFAULTS.outbox,
    ...(queued && { reminder: firstReminder(isDelayed ? fromMs : nowMs) }),
    startedAtMs: null,
    createdAtMs: nowMs,
  };
}

const FIRST_REMINDER_SECONDS = 60;

/** The first reminder of a task that waits in a queue, and can be claimed from `claimableAtMs` on. */
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
