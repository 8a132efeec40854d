import { has } from "./has.ts";
import type { Problem } from "./protocol.ts";

/** Whether an error answer is one of the service's own. */
export function isProblem(value: unknown): value is Problem {
  return has(value, "type") && String(value.type).startsWith("urn:edge-canceler:problem:");
}
