import type { FinishRequest, JsonObject, JsonValue } from "../../worker-client/protocol.ts";
import type { Task } from "./task.ts";
import type { ParentCancel } from "./telling.ts";
import type { SignsOfLife } from "./timers.ts";

export interface DeclareEvent {
  readonly type: "declare";
  readonly timeoutSeconds: number | null;
  readonly gracePeriodSeconds: number | null;
  readonly retentionSeconds: number | null;
  readonly metadata: JsonObject;
  /** The ancestors that the parent returned on adoption, or undefined if the task has no parent. */
  readonly ancestors?: readonly string[] | undefined;
  /** Whether it keeps running when its parent is cancelled. */
  readonly staysOn?: boolean | undefined;
  /**
   * When it was adopted, by the parent's clock. Null if it was not, because it was known: if it has been
   * forgotten since, it is not created.
   */
  readonly adoptedAtMs?: number | null | undefined;
  /** The cancel that the task is created with, because its parent was cancelled first. */
  readonly cancel?: ParentCancel | null | undefined;
  readonly supersede?: boolean | undefined;
  /** The subject of the caller's token, recorded as the canceller of the tasks it supersedes. */
  readonly requestedBy?: string | null | undefined;
  readonly startWithinSeconds?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoffSeconds?: number | undefined;
  readonly maxBackoffSeconds?: number | undefined;
  /** The W3C Trace Context of the request that creates the task. */
  readonly traceparent?: string | undefined;
  /** Undefined if the task is in no queue. */
  readonly queue?: string | undefined;
  readonly priority?: number | undefined;
  readonly input?: JsonValue | undefined;
  /** The earliest start. If this and `delaySeconds` are undefined, the task may start at once. */
  readonly availableAtMs?: number | undefined;
  readonly delaySeconds?: number | undefined;
}

/** Its retry settings apply only if it creates the task. */
export interface StartEvent
  extends Pick<
    DeclareEvent,
    | "maxAttempts"
    | "backoffSeconds"
    | "maxBackoffSeconds"
    | "ancestors"
    | "staysOn"
    | "adoptedAtMs"
    | "traceparent"
  > {
  readonly type: "start";
  readonly holder: string;
  /** Undefined if the run holds no lease. */
  readonly leaseSeconds?: number | undefined;
  /** Whether it takes the task over from a run that holds a lease. */
  readonly takeOver?: boolean | undefined;
  /** The queue that a worker claims it from. Only a task that waits there is started. */
  readonly fromQueue?: string | undefined;
}

export interface CancelEvent {
  readonly type: "cancel";
  readonly reason: string | null;
  readonly requestedBy: string | null;
  readonly gracePeriodSeconds: number | null;
  /** Undefined if somebody requested it. */
  readonly cause?: ParentCancel["cause"] | undefined;
  /** The parent that sends the cancel, and gets the outcome in the reply. */
  readonly parent?: string | undefined;
}

export interface FinishEvent {
  readonly type: "finish";
  readonly attempt: number;
  /** Null if the worker names none, so that only the attempt is checked. */
  readonly holder: string | null;
  readonly status: FinishRequest["status"];
  readonly result: JsonValue;
  readonly error: JsonValue;
  /** Whether a failed task may be retried. Undefined means yes. */
  readonly retry?: boolean | undefined;
  /** Seconds until the retry. Undefined means the task's own back-off. */
  readonly retryAfterSeconds?: number | undefined;
}

/** The worker is alive, and may report its progress. */
export interface HeartbeatEvent {
  readonly type: "heartbeat";
  readonly attempt: number;
  readonly holder: string;
  /** Undefined keeps the progress as it is. */
  readonly progress?: JsonValue | undefined;
}

/** The worker gives the task back, which does not count as a failure. */
export interface ReleaseEvent {
  readonly type: "release";
  readonly attempt: number;
  readonly holder: string;
  readonly delaySeconds: number;
}

/** A failed task becomes pending again, with all its time and attempts. */
interface RetryEvent {
  readonly type: "retry";
}

export interface ForgetEvent {
  readonly type: "forget";
  /** Whether a descendant has not ended or may still be created. */
  readonly isNeeded?: boolean;
}

/** Time has passed. At most one timer acts. */
export interface TimerEvent {
  readonly type: "timer";
  /** Undefined if there are none besides what is on disk. */
  readonly signs?: SignsOfLife;
}

/** The commands that a client can send to a task, besides forgetting it. */
export type TaskCommand =
  | DeclareEvent
  | StartEvent
  | CancelEvent
  | FinishEvent
  | HeartbeatEvent
  | ReleaseEvent
  | RetryEvent;

export type TaskEvent = TaskCommand | ForgetEvent | TimerEvent;

/** Why a command was refused. The task stays as it was. */
export type Refusal =
  | "unknown"
  /** Forget: it has not ended. */
  | "alive"
  /** Forget: a descendant has not ended. */
  | "parent"
  /** Forget: its end has not reached everybody who must learn of it. */
  | "unsent"
  /** Declare, start: it was forgotten since its parent adopted it. */
  | "outdated"
  /** Start: it is being cancelled. */
  | "cancelling"
  /** Start: it has ended and cannot run again, or not for this holder. */
  | "closed"
  /** Start: a run holds a lease, or it is too early for the next run. */
  | "held"
  /** Start: it is not waiting in the queue that it is claimed from. */
  | "not_pending"
  /** Retry: it has not failed. */
  | "not_failed"
  /** Start: another holder took over from this one. */
  | "fenced"
  /** Finish, heartbeat, release: nobody has started it. */
  | "not_started"
  /** Finish as cancelled: nobody has cancelled it. */
  | "not_cancelled"
  /** Finish, heartbeat, release: it has already ended, in another way. */
  | "ended"
  /** Finish, heartbeat, release: this is not about the last attempt, or that one is over. */
  | "stale_attempt";

interface Changed {
  readonly kind: "changed";
  readonly task: Task;
}

interface Forgotten {
  readonly kind: "forgotten";
}

export interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly task: Task | null;
}

/** The outcome of a command. */
export type CommandOutcome =
  | Changed
  | { readonly kind: "unchanged"; readonly task: Task }
  /** The task must be stored, but nobody is told. */
  | { readonly kind: "noted"; readonly task: Task }
  | Refused;

export type ForgetOutcome = Forgotten | Refused;

/** The outcome of a timer event. */
export type TimerOutcome =
  | Changed
  | Forgotten
  | { readonly kind: "noted"; readonly task: Task }
  | { readonly kind: "nothing_due" };
