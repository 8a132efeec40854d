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
  /** Null: it does not say who it is, and the attempt alone counts. */
  readonly holder: string | null;
  readonly status: FinishRequest["status"];
  readonly result: JsonValue;
  readonly error: JsonValue;
}

export interface ForgetEvent {
  readonly type: "forget";
}

/** Time has passed: at most one timer that is due acts. */
export interface TimerEvent {
  readonly type: "timer";
}

/** What a client can ask of a task, besides forgetting it. */
export type TaskCommand = DeclareEvent | StartEvent | CancelEvent | FinishEvent;

export type TaskEvent = TaskCommand | ForgetEvent | TimerEvent;

/** Why a command was refused; the task is then as it was. */
export type Refusal =
  | "unknown"
  | "alive"
  | "not_started"
  | "not_cancelled"
  | "cancelling"
  | "ended"
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
