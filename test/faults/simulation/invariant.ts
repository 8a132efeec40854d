/** What must hold at every moment of a simulated life; `I1` to `I7` are the project's promises. */
export type Invariant =
  /** An acknowledged cancel is never lost, and no cancel is acknowledged that is not on record. */
  | "I1"
  /** A read that begins after an acknowledgement sees what was acknowledged. */
  | "I2"
  /** Every live watcher learns, in time once the network is well. */
  | "I3"
  /** Nobody is told of a cancel, a fence or an end that did not happen. */
  | "I4"
  /** A fenced attempt neither finishes nor overwrites. */
  | "I5"
  /** Ended is ended. */
  | "I6"
  /** No timer acts early. */
  | "I7"
  /** Every call settles, and as soon as the network is well it is answered. */
  | "settles"
  /** After the last call and `close` no timer, request or socket is left. */
  | "nothing left"
  /** Nothing asks in a tight loop. */
  | "no rush";
