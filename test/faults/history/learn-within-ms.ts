/** How soon a connected watcher has to learn of a cancel, in milliseconds. */
export const LEARN_WITHIN_MS = 1000;
