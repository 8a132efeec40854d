import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { latencyChart } from "./latency-chart.ts";
import type { Report } from "./report.ts";
import { resultsPage } from "./results-page.ts";

/** Writes the results beside the bench, whole: nothing in these files is kept by hand. */
export async function writeResults(report: Report): Promise<void> {
  await writeFile(join(import.meta.dirname, "RESULTS.md"), resultsPage(report));
  await writeFile(join(import.meta.dirname, "latency.svg"), latencyChart(report.growthPoints));
}
