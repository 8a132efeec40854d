/** The moments of the tasks that `taskIn` makes, in milliseconds since 1970. */
export const AT = {
  declared: Date.UTC(2026, 0, 1, 12, 0, 0),
  started: Date.UTC(2026, 0, 1, 12, 0, 10),
  cancelled: Date.UTC(2026, 0, 1, 12, 0, 20),
  ended: Date.UTC(2026, 0, 1, 12, 0, 25),
  later: Date.UTC(2026, 0, 1, 13, 0, 0),
} as const;
