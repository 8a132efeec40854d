import type { Problem } from "./protocol.ts";

/** Whether an error answer is one of the service's own. */
export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    String(value.type).startsWith("urn:edge-canceler:problem:")
  );
}
