import type { RequestRefusedError, TaskState } from "../../index.ts";
import type { StopReason } from "./stop-reason.ts";

/** What came of the start of a task. */
export type StartOutcome =
  | { readonly kind: "started"; readonly task: TaskState }
  /** It was cancelled before it began. */
  | { readonly kind: "cancelled"; readonly reason: StopReason }
  | { readonly kind: "refused"; readonly error: RequestRefusedError };
