import type { FinishRequest, JsonObject, JsonValue } from "../../worker-client/protocol.ts";
import type { Task } from "./task.ts";

export interface DeclareEvent {
  readonly type: "declare";
  readonly timeoutSeconds: number | null;
  readonly gracePeriodSeconds: number | null;
  readonly retentionSeconds: number | null;
  readonly metadata: JsonObject;
}

export interface StartEvent {
  readonly type: "start";
  readonly holder: string;
}

export interface CancelEvent {
  readonly type: "cancel";
  readonly reason: string | null;
  readonly requestedBy: string | null;
  readonly gracePeriodSeconds: number | null;
}

export interface FinishEvent {
  readonly type: "finish";
  readonly attempt: number;
  /** Null: the worker does not say, and the attempt alone counts. */
  readonly holder: string | null;
  readonly status: FinishRequest["status"];
  readonly result: JsonValue;
  readonly error: JsonValue;
}

export interface ForgetEvent {
  readonly type: "forget";
}

/** Time has passed. At most one timer acts. */
export interface TimerEvent {
  readonly type: "timer";
}

/** What a client can ask of a task, besides forgetting it. */
export type TaskCommand = DeclareEvent | StartEvent | CancelEvent | FinishEvent;

export type TaskEvent = TaskCommand | ForgetEvent | TimerEvent;

/** Why a command was refused. The task stays as it was. */
export type Refusal =
  | "unknown"
  /** Forget: it has not ended. */
  | "alive"
  /** Start: it is being cancelled. */
  | "cancelling"
  /** Start: it has ended and does not run again, or not for this holder. */
  | "closed"
  /** Start: another holder took over from this one. */
  | "fenced"
  /** Finish: nobody has started it. */
  | "not_started"
  /** Finish as cancelled: nobody has cancelled it. */
  | "not_cancelled"
  /** Finish: it has ended, and not as this says. */
  | "ended"
  /** Finish: it is not about the last attempt. */
  | "stale_attempt";

interface Changed {
  readonly kind: "changed";
  readonly task: Task;
}

interface Forgotten {
  readonly kind: "forgotten";
}

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly task: Task | null;
}

/** What came of a command. */
export type CommandOutcome =
  | Changed
  | { readonly kind: "unchanged"; readonly task: Task }
  | Refused;

export type ForgetOutcome = Forgotten | Refused;

/** What came of the passing of time. */
export type TimerOutcome = Changed | Forgotten | { readonly kind: "nothing_due" };
