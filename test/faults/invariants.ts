/** The promises that the lab checks, and what each says. The last three are the client's alone. */
export const INVARIANTS = {
  I1: "an acknowledged cancel is never lost",
  I2: "a read that begins after something was known sees it",
  I3: "every live watcher learns",
  I4: "nobody is told of what has not happened",
  I5: "a fenced attempt can neither finish nor overwrite",
  I6: "ended is ended",
  I7: "no timer acts early, and none is lost",
  settles: "every call settles, and is answered as soon as the network is well",
  "nothing left": "after the last call and close no timer, request or socket is left",
  "no rush": "nothing asks in a tight loop",
} as const;

/** One of the promises. */
export type Invariant = keyof typeof INVARIANTS;
