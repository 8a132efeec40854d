/** The promises that the lab checks, and what each says. */
export const INVARIANTS = {
  I1: "an acknowledged cancel is never lost",
  I2: "a read that begins after something was known sees it",
  I3: "every live watcher learns",
  I4: "nobody is told of a cancel that nobody asked for",
  I5: "a fenced attempt can neither finish nor overwrite",
  I6: "ended is ended",
  I7: "no timer acts early, and none is lost",
} as const;

/** A promise that was broken. */
export interface Violation {
  readonly invariant: keyof typeof INVARIANTS;
  /** What happened, with the task's id and the times. */
  readonly detail: string;
}
