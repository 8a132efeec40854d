import type { Invariant } from "../invariants.ts";

/** A promise that was broken. */
export interface Violation {
  readonly invariant: Invariant;
  /** What happened, with the task's id and the times. */
  readonly detail: string;
}
