import { markdownTable } from "./markdown-table.ts";
import type { Report } from "./report.ts";
import { reportRows } from "./report-rows.ts";

/** The results as a page of Markdown. */
export function resultsPage(report: Report): string {
  const { machine } = report;
  const [figures = [], growth = [], absolute = []] = reportRows(report);
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

The floor of "told by …" is a bare socket that is told and nothing else. A cancel is on disk before
anybody is told of it, and so is the alarm that ends its grace period, which workerd keeps in a file of its own: the two
lines "written first" and "written and armed first" hold the service against a floor that promises as much.

## With more tasks

Each task has a WebSocket, and its object is asleep until it is asked or told.

${markdownTable(growth)}

![How long a cancel takes to its watcher, against the number of tasks](latency.svg)

## In itself

${markdownTable(absolute)}
`;
}
