import type { FinishRequest, JsonObject, JsonValue } from "../../worker-client/protocol.ts";

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
