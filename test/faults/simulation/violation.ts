import type { Invariant } from "../invariants.ts";

/** Something that must not happen, and did. */
export interface Violation {
  readonly invariant: Invariant;
  readonly seed: number;
  /** What happened, and when. */
  readonly detail: string;
}
