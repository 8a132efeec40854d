/** What the command answers to the shell, beside the 0 of success and the codes of an `exec`'s own command. */
export const EXIT_CODE = {
  /** It did what was asked, and the answer is no: a task that nobody knows, an end that did not come. */
  no: 1,
  usage: 2,
  /** The service cannot be reached (EX_UNAVAILABLE). */
  unreachable: 69,
  /** The service refused (EX_NOPERM). */
  refused: 77,
  /** The rest is of `exec`, as timeout(1) and the shells have it. */
  deadline: 124,
  notExecutable: 126,
  notFound: 127,
} as const;
