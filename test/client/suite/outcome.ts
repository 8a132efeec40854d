/** What came of one case: one line of JSON on the standard output. */
export interface Outcome {
  readonly name: string;
  /** Why it failed; null if it passed. */
  readonly failure: string | null;
}
