import { onCancel } from "./on-cancel.ts";
import { onDeclare } from "./on-declare.ts";
import { onFinish } from "./on-finish.ts";
import { onForget } from "./on-forget.ts";
import { onStart } from "./on-start.ts";
import { onTimer } from "./on-timer.ts";
import type { CommandOutcome, ForgetOutcome, TimerOutcome } from "./outcome.ts";
import type { Task } from "./task.ts";
import type { ForgetEvent, TaskCommand, TaskEvent, TimerEvent } from "./task-event.ts";

/**
 * The life of a task, whole: what an event makes of a task at a time (milliseconds since 1970).
 * Pure: no clock, no storage, no platform. An unknown task is `null`.
 */
export function transition(task: Task | null, event: TaskCommand, nowMs: number): CommandOutcome;
export function transition(task: Task | null, event: ForgetEvent, nowMs: number): ForgetOutcome;
export function transition(task: Task | null, event: TimerEvent, nowMs: number): TimerOutcome;
export function transition(
  task: Task | null,
  event: TaskEvent,
  nowMs: number,
): CommandOutcome | ForgetOutcome | TimerOutcome {
  switch (event.type) {
    case "declare":
      return onDeclare(task, event, nowMs);
    case "start":
      return onStart(task, event, nowMs);
    case "cancel":
      return onCancel(task, event, nowMs);
    case "finish":
      return onFinish(task, event, nowMs);
    case "forget":
      return onForget(task);
    case "timer":
      return onTimer(task, nowMs);
  }
}
