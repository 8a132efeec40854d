import type { TaskState } from "./protocol.ts";

/**
 * Whether an answer is the state of this task. What a captive portal or a broken proxy says in the
 * service's place is not, and must not be taken for a cancel.
 */
export function isTaskState(value: unknown, id: string): value is TaskState {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    value.id === id &&
    "revision" in value &&
    typeof value.revision === "number" &&
    "cancellation" in value &&
    (value.cancellation === null || isCancellation(value.cancellation))
  );
}

function isCancellation(value: unknown): boolean {
  return typeof value === "object" && value !== null && "cause" in value;
}
