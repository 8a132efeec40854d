import type { Refusal } from "../../../src/tasks/events.ts";
import type { ProblemKind } from "../../../worker-client/protocol.ts";

const KINDS: { readonly [refusal in Refusal]: ProblemKind } = {
  unknown: "task-unknown",
  alive: "task-alive",
  not_started: "task-not-started",
  not_cancelled: "task-not-cancelled",
  cancelling: "task-cancelling",
  ended: "task-ended",
  stale_attempt: "stale-attempt",
};

/** What kind of problem a refusal is, as the service's handlers have it. */
export function refusalKind(refusal: Refusal): ProblemKind {
  return KINDS[refusal];
}
