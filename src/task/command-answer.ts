import type { TaskState } from "../../worker-client/protocol.ts";
import type { Refusal } from "../lifecycle/outcome.ts";

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly task: TaskState | null;
}

/** What a task object answers to a command: what came of it, and the task as it is now. */
export type CommandAnswer =
  | { readonly kind: "changed" | "unchanged"; readonly task: TaskState }
  | Refused;

export type ForgetAnswer = { readonly kind: "forgotten" } | Refused;
