import type { Figure } from "./figures/figure.ts";
import { FIGURES } from "./figures/figures.ts";
import type { Sample } from "./figures/sample.ts";
import { type Spread, spreadOf } from "./spread-of.ts";
import { type Verdict, verdictOf } from "./verdict-of.ts";

/** A figure over all rounds. */
export interface Summary extends Figure {
  readonly floor: Spread;
  readonly product: Spread;
  /** Of each round's product to the same round's floor. */
  readonly ratio: Spread;
  readonly verdict: Verdict;
  readonly generatorShare: number;
}

/**
 * Every figure over the rounds that measured it. The machine changes from round to round, so the
 * ratio is made within each, and only then is there a median.
 */
export function summarize(samples: readonly Sample[]): Summary[] {
  const byFigure = Map.groupBy(samples, ({ figure }) => figure);
  return FIGURES.flatMap((figure) => {
    const rounds = byFigure.get(figure.key);
    if (rounds === undefined) return [];
    const ratio = spreadOf(rounds.map(({ floor, product }) => product / floor));
    return {
      ...figure,
      floor: spreadOf(rounds.map(({ floor }) => floor)),
      product: spreadOf(rounds.map(({ product }) => product)),
      ratio,
      verdict: verdictOf(figure.goal, ratio.median),
      generatorShare: Math.max(...rounds.map(({ generatorShare }) => generatorShare)),
    };
  });
}
