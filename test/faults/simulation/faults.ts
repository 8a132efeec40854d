/** What the weather of a simulated network can do to a message, a request or a line. */
export const FAULTS = [
  "reset",
  "lost request",
  "lost answer",
  "duplicate",
  "slow",
  "half answer",
  "nonsense",
  "server error",
  "busy",
  "refused upgrade",
  "swallowing upgrade",
  "half-open line",
  "cut line",
] as const;
