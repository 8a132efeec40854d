/** So far the clock of whoever made a token may be from ours. */
export const CLOCK_TOLERANCE_SECONDS = 30;
