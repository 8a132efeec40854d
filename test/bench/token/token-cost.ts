/** What checking a token adds to a state read. */
export interface TokenCost {
  /** The median time of a read over all rounds, in milliseconds. */
  readonly openMs: number;
  readonly closedMs: number;
  /** The median of the rounds' own ratios, closed to open. */
  readonly ratio: number;
}
