/** When virtual time begins, on a clock on the wall that is right: 2026-08-15. */
export const EPOCH_MS = 1_786_752_000_000;
