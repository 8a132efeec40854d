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
  /** What its parent answered when it adopted the task; undefined: it has none. */
  readonly ancestors?: readonly string[] | undefined;
  /** When that was, by the parent's clock. */
  readonly adoptedAtMs?: number | undefined;
  /** Its parent was cancelled before it was made, and so is it. */
  readonly cancel?: ParentCancel | null | undefined;
  readonly supersede?: boolean | undefined;
  /** The subject of the caller's token, who cancels what the task supersedes. */
  readonly requestedBy?: string | null | undefined;
  readonly startWithinSeconds?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoffSeconds?: number | undefined;
  readonly maxBackoffSeconds?: number | undefined;
  /** Which trace the request belongs to that made it (W3C Trace Context). */
  readonly traceparent?: string | undefined;
  /** Undefined: it is in no queue. */
  readonly queue?: string | undefined;
  readonly priority?: number | undefined;
  readonly input?: JsonValue | undefined;
  /** From when it may be started; undefined, as `delaySeconds`: at once. */
  readonly availableAtMs?: number | undefined;
  readonly delaySeconds?: number | undefined;
}

/** What it says about retries holds for a task that it makes. */
export interface StartEvent
  extends Pick<
    DeclareEvent,
    | "maxAttempts"
    | "backoffSeconds"
    | "maxBackoffSeconds"
    | "ancestors"
    | "adoptedAtMs"
    | "traceparent"
  > {
  readonly type: "start";
  readonly holder: string;
  /** Undefined: the run holds no lease. */
  readonly leaseSeconds?: number | undefined;
  /** Whether it takes the task over from a run that holds a lease. */
  readonly takeOver?: boolean | undefined;
  /** A worker claims it from this queue: only a task that waits there is started. */
  readonly fromQueue?: string | undefined;
}

export interface CancelEvent {
  readonly type: "cancel";
  readonly reason: string | null;
  readonly requestedBy: string | null;
  readonly gracePeriodSeconds: number | null;
  /** Undefined: somebody asked for it. */
  readonly cause?: ParentCancel["cause"] | undefined;
  /** The parent that says so, and learns at once what comes of it. */
  readonly parent?: string | undefined;
}

export interface FinishEvent {
  readonly type: "finish";
  readonly attempt: number;
  /** Null: the worker does not say, and the attempt alone counts. */
  readonly holder: string | null;
  readonly status: FinishRequest["status"];
  readonly result: JsonValue;
  readonly error: JsonValue;
  /** Whether a task that failed may be tried again; undefined: it may. */
  readonly retry?: boolean | undefined;
  /** When it is tried again; undefined: after its own back-off. */
  readonly retryAfterSeconds?: number | undefined;
}

/** The worker lives, and may say how far it is. */
export interface HeartbeatEvent {
  readonly type: "heartbeat";
  readonly attempt: number;
  readonly holder: string;
  /** Undefined: it does not say. */
  readonly progress?: JsonValue | undefined;
}

/** The worker gives the task back, through no fault of the task. */
export interface ReleaseEvent {
  readonly type: "release";
  readonly attempt: number;
  readonly holder: string;
  readonly delaySeconds: number;
}

/** A task that has failed waits again, as if it had not been tried. */
export interface RetryEvent {
  readonly type: "retry";
}

export interface ForgetEvent {
  readonly type: "forget";
  /** Whether something below it has not ended. */
  readonly isParent?: boolean;
}

/** Time has passed. At most one timer acts. */
export interface TimerEvent {
  readonly type: "timer";
  /** Undefined: there are none beside what is on disk. */
  readonly signs?: SignsOfLife;
}

/** What a client can ask of a task, besides forgetting it. */
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
  /** Forget: something below it has not ended. */
  | "parent"
  /** Forget: somebody has still to be told of its end. */
  | "unsent"
  /** Declare, start: it was forgotten since its parent has adopted it. */
  | "outdated"
  /** Start: it is being cancelled. */
  | "cancelling"
  /** Start: it has ended and does not run again, or not for this holder. */
  | "closed"
  /** Start: a run holds a lease, or it is too early for the next one. */
  | "held"
  /** Start: it does not wait in the queue that it is claimed from. */
  | "not_pending"
  /** Retry: it has not failed. */
  | "not_failed"
  /** Start: another holder took over from this one. */
  | "fenced"
  /** Finish, heartbeat, release: nobody has started it. */
  | "not_started"
  /** Finish as cancelled: nobody has cancelled it. */
  | "not_cancelled"
  /** Finish, heartbeat, release: it has ended, and not as this says. */
  | "ended"
  /** Finish, heartbeat, release: it is not about the last attempt, or that one is over. */
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

/** What came of a command. */
export type CommandOutcome =
  | Changed
  | { readonly kind: "unchanged"; readonly task: Task }
  /** It is to be stored, and is no change that anybody is told of. */
  | { readonly kind: "noted"; readonly task: Task }
  | Refused;

export type ForgetOutcome = Forgotten | Refused;

/** What came of the passing of time. */
export type TimerOutcome =
  | Changed
  | Forgotten
  | { readonly kind: "noted"; readonly task: Task }
  | { readonly kind: "nothing_due" };
