import type { Violation } from "./history/violation.ts";

/** What came of all that was run. */
export interface Outcome {
  /** For a person: the rows of a table, the head first. */
  readonly table: readonly (readonly string[])[];
  readonly violations: readonly (Violation & { readonly scenario: string })[];
  readonly isGood: boolean;
  /** All of it in a line. */
  readonly verdict: string;
}
