import type { EndedStatus } from "../../worker-client/protocol.ts";

/** Every status that nothing changes any more. */
export const ENDED_STATUSES = [
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const satisfies readonly EndedStatus[];
