import { RequestRefusedError } from "./errors/request-refused-error.ts";
import type { Problem } from "./protocol.ts";

/** What the service said when it refused; null if it is none of its refusals. */
export function problemOf(error: unknown): Problem | null {
  return error instanceof RequestRefusedError ? error.problem : null;
}
