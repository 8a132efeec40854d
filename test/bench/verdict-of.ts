import type { Figure } from "./figures/figure.ts";

export type Verdict = "ok" | "missed" | "";

/** Whether a ratio is as good as was asked for; nothing if nothing was. */
export function verdictOf(goal: Figure["goal"], ratio: number): Verdict {
  if (goal === null) return "";
  const isMet = "atLeast" in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
  return isMet ? "ok" : "missed";
}
