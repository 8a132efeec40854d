import type { Task } from "./task.ts";

/** Why a command was refused; the task is then as it was. */
export type Refusal =
  | "unknown"
  | "alive"
  | "not_started"
  | "not_cancelled"
  | "cancelling"
  | "ended"
  | "stale_attempt";

interface Changed {
  readonly kind: "changed";
  readonly task: Task;
}

interface Forgotten {
  readonly kind: "forgotten";
}

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly task: Task | null;
}

/** What came of a command. */
export type CommandOutcome =
  | Changed
  | { readonly kind: "unchanged"; readonly task: Task }
  | Refused;

export type ForgetOutcome = Forgotten | Refused;

/** What came of the passing of time. */
export type TimerOutcome = Changed | Forgotten | { readonly kind: "nothing_due" };
