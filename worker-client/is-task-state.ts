import { has } from "./has.ts";
import type { TaskState } from "./protocol.ts";

/**
 * Whether an answer is the state of this task. What a captive portal or a broken proxy says in the
 * service's place is not, and must not be taken for a cancel.
 */
export function isTaskState(value: unknown, id: string): value is TaskState {
  return (
    has(value, "id") &&
    value.id === id &&
    has(value, "revision") &&
    typeof value.revision === "number" &&
    has(value, "cancellation") &&
    (value.cancellation === null || has(value.cancellation, "cause"))
  );
}
