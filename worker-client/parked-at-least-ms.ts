/** Whoever waits asks for a second at least; what is answered sooner, without news, was not parked. */
export const PARKED_AT_LEAST_MS = 500;
