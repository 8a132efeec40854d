import type {
  CancelEvent,
  DeclareEvent,
  FinishEvent,
  ForgetEvent,
  StartEvent,
  TimerEvent,
} from "../../src/lifecycle/task-event.ts";

/** Events with everything left out that a client may leave out, unless a test says otherwise. */
export const event = {
  declare: (fields: Partial<DeclareEvent> = {}): DeclareEvent => ({
    type: "declare",
    timeoutSeconds: null,
    gracePeriodSeconds: null,
    retentionSeconds: null,
    metadata: {},
    ...fields,
  }),
  start: (holder = "holder-1"): StartEvent => ({ type: "start", holder }),
  cancel: (fields: Partial<CancelEvent> = {}): CancelEvent => ({
    type: "cancel",
    reason: null,
    requestedBy: null,
    gracePeriodSeconds: null,
    ...fields,
  }),
  finish: (status: FinishEvent["status"], fields: Partial<FinishEvent> = {}): FinishEvent => ({
    type: "finish",
    attempt: 1,
    holder: null,
    status,
    result: null,
    error: null,
    ...fields,
  }),
  forget: { type: "forget" } satisfies ForgetEvent,
  timer: { type: "timer" } satisfies TimerEvent,
};
