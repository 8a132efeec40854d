import type { TaskStatus } from "../../worker-client/protocol.ts";

/** Every status that a known task can have. */
export const STATUSES = [
  "pending",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const satisfies readonly TaskStatus[];
