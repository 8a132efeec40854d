import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as echarts from "echarts";
import type { GrowthPoint } from "./figures/figures.ts";
import type { TaskCost } from "./figures/many-tasks.ts";
import type { Report } from "./report.ts";
import { resultsPage } from "./results-page.ts";

/** Writes the results beside the bench, whole: nothing in these files is kept by hand. */
export async function writeResults(report: Report): Promise<void> {
  await writeFile(join(import.meta.dirname, "RESULTS.md"), resultsPage(report));
  await writeFile(join(import.meta.dirname, "latency.svg"), latencyChart(report.growth.points));
}

const WIDTH = 720;
const HEIGHT = 400;

const SERIES = [
  { name: "service, p99", side: "product", cost: "toldP99Ms", color: "#c2410c", type: "dashed" },
  { name: "service, p50", side: "product", cost: "toldP50Ms", color: "#c2410c", type: "solid" },
  { name: "floor, p99", side: "floor", cost: "toldP99Ms", color: "#475569", type: "dashed" },
  { name: "floor, p50", side: "floor", cost: "toldP50Ms", color: "#475569", type: "solid" },
] as const;

/** From the cancel to the watcher, against the number of tasks: an SVG image. */
export function latencyChart(points: readonly GrowthPoint<TaskCost>[]): string {
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height: HEIGHT,
  });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    title: { text: "From the cancel to the watcher", left: "center", top: 8 },
    legend: { top: 40, itemGap: 28 },
    grid: { top: 80, bottom: 56, left: 72, right: 32 },
    xAxis: { type: "log", name: "tasks", nameLocation: "middle", nameGap: 32 },
    yAxis: { type: "value", min: 0, name: "ms", nameLocation: "middle", nameGap: 48 },
    series: SERIES.map(({ name, side, cost, color, type }) => ({
      name,
      type: "line",
      symbol: "circle",
      symbolSize: 7,
      color,
      lineStyle: { type },
      data: points.map((point) => [point.count, point.cost[side][cost]]),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
