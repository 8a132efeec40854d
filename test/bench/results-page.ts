import type { Report, Spread, Summary } from "./report.ts";

/** The results as a page of Markdown. */
export function resultsPage(report: Report): string {
  const { machine } = report;
  const [figures = [], growth = [], watchers = [], absolute = []] = reportRows(report);
  return `# Bench: the service beside its floor

Written by \`npm run bench -- --write\`, whole; do not edit it, run it.

Measured on ${machine.date} at commit ${machine.commit}, on ${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB,
Linux ${machine.kernel}, Node ${machine.node}, workerd ${machine.workerd}, with storage on disk. Machines are noisy: read the
ratios, not the times.

The floor is [the least Worker and object](floor/worker.ts) on the same workerd with the same flags.
Each figure is measured on both sides in turn, in ${report.rounds} rounds on fresh services; what is shown is the
median (least–most). The ratio is made within each round. "generator" is the share of a core that
the load's own process took: near 100%, a figure would be about the generator.

${markdownTable(figures)}

The floor answers a read with the bare text of a key. "routed, logged, as JSON" holds the service against a floor
that goes through the same router, writes a line of its log, and answers with as many fields.

The floor of "told by …" is a bare socket that is told and nothing else. A cancel is on disk before
anybody is told of it, and so is the alarm that ends its grace period, which workerd keeps in a file of its own: the two
lines "written first" and "written and armed first" hold the service against a floor that promises as much.

In the lines with a "/" after "cancel of a parent", "POST cancel with" or "told by webhook", what stands after it is
the service too, in the column of the floor. The tasks of the first kind are asleep before. Of the 10,000 children
all run, and a tenth is watched, spread evenly over the order in which they are told, as of the 1,000 beside them: each
that is told holds three files open for ten seconds, and a service has 20,000. "POST cancel with … p50" is one cancel at
a time, in turns of ten.

## With more tasks

Each task has a WebSocket, and its object is asleep until it is asked or told.

${markdownTable(growth)}

![How long a cancel takes to its watcher, against the number of tasks](latency.svg)

## With more watchers

All of them watch one task by WebSocket.

${markdownTable(watchers)}

## In itself

${markdownTable(absolute)}
`;
}

type Rows = readonly (readonly string[])[];

/** The tables of a report, each with its head; one that has nothing to show is left out. */
export function reportRows({ figures, growth, watcherGrowth, absolute }: Report): Rows[] {
  const tables: Rows[] = [
    [
      ["figure", "unit", "floor", "service", "ratio", "target", "", "generator"],
      ...figures.map((figure) => [
        figure.name,
        figure.unit,
        showSpread(figure.floor),
        showSpread(figure.product),
        showSpread(figure.ratio),
        showGoal(figure.goal),
        figure.verdict,
        figure.generatorShare > 0 ? `${Math.round(figure.generatorShare * 100)}%` : "",
      ]),
    ],
    growthTable(growth, "tasks"),
    growthTable(watcherGrowth, "watchers"),
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

function growthTable({ points, rows }: Report["growth" | "watcherGrowth"], of: string): Rows {
  if (rows.length === 0) return [];
  const counts = points.map(({ count }) => `${count.toLocaleString("en")} ${of}`);
  return [
    ["growth", "side", ...counts, "factor", "target", ""],
    ...rows.map(({ name, side, values, factor, verdict }) => [
      name,
      side === "product" ? "service" : side,
      ...values.map(showFigure),
      showFigure(factor),
      verdict ? "≤ 1.5" : "",
      verdict,
    ]),
  ];
}

function showSpread({ median, min, max }: Spread): string {
  if (min === max) return showFigure(median);
  return `${showFigure(median)} (${showFigure(min)}–${showFigure(max)})`;
}

function showGoal(goal: Summary["goal"]): string {
  if (goal === null) return "";
  return "atLeast" in goal ? `≥ ${goal.atLeast}` : `≤ ${Number(goal.atMost.toFixed(2))}`;
}

/** A number with three digits that mean something, and no more. */
export function showFigure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}

/** Rows of cells as a table in Markdown; the first row is the head. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
