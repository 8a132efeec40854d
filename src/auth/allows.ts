import type { Scope } from "../../worker-client/protocol.ts";
import type { Caller } from "./caller.ts";

/** Whether a caller's scopes allow this. Who works on a task may watch it, and `admin` may all. */
export function allows({ scopes }: Caller, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has("admin") || (scope === "watch" && scopes.has("work"));
}
