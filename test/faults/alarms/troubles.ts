/**
 * What may happen to an alarm: nothing; it rings twice; late; the engine does not hear that it worked
 * and rings again; it cannot read its state, several times in a row.
 */
export const TROUBLES = ["ordinary", "twice", "late", "throwing", "failing"] as const;
