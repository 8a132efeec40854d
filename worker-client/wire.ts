import type { Problem, TaskState } from "./protocol.ts";

/** Whether a value, whatever it is, has such a property. */
export function has<Name extends string>(
  value: unknown,
  name: Name,
): value is { readonly [name in Name]: unknown } {
  return name in Object(value);
}

/** Whether an error answer is one of the service's own. */
export function isProblem(value: unknown): value is Problem {
  return has(value, "type") && String(value.type).startsWith("urn:edge-canceler:problem:");
}

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

/** What a text says as JSON; undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
