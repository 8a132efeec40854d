import type { Report } from "./report.ts";
import { showFigure } from "./show-figure.ts";
import type { Spread } from "./spread-of.ts";
import type { Summary } from "./summarize.ts";

type Rows = readonly (readonly string[])[];

/** The tables of a report, each with its head; one that has nothing to show is left out. */
export function reportRows({ figures, growth, growthPoints, absolute }: Report): Rows[] {
  const sizes = growthPoints.map(({ tasks }) => `${tasks.toLocaleString("en")} tasks`);
  const tables: Rows[] = [
    [
      ["figure", "unit", "floor", "service", "ratio", "target", "", "generator"],
      ...figures.map((figure) => [
        figure.name,
        figure.unit,
        spread(figure.floor),
        spread(figure.product),
        spread(figure.ratio),
        target(figure.goal),
        figure.verdict,
        figure.generatorShare > 0 ? `${Math.round(figure.generatorShare * 100)}%` : "",
      ]),
    ],
    [
      ["growth", "side", ...sizes, "factor", "target", ""],
      ...growth.map(({ name, side, values, factor, verdict }) => [
        name,
        side === "product" ? "service" : side,
        ...values.map(showFigure),
        showFigure(factor),
        verdict ? "≤ 1.5" : "",
        verdict,
      ]),
    ],
    [
      ["absolute", "unit", "floor", "service"],
      ...absolute.map(({ name, unit, floor, product }) => [
        name,
        unit,
        floor === null ? "" : showFigure(floor),
        showFigure(product),
      ]),
    ],
  ];
  return tables.filter((rows) => rows.length > 1);
}

function spread({ median, min, max }: Spread): string {
  if (min === max) return showFigure(median);
  return `${showFigure(median)} (${showFigure(min)}–${showFigure(max)})`;
}

function target(goal: Summary["goal"]): string {
  if (goal === null) return "";
  return "atLeast" in goal ? `≥ ${goal.atLeast}` : `≤ ${Number(goal.atMost.toFixed(2))}`;
}
