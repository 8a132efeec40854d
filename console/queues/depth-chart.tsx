import { duration } from "../ui/time.ts";
import type { Depth } from "./live-queue.ts";

interface DepthChartProps {
  readonly depths: readonly Depth[];
  readonly nowMs: number;
}

const WIDTH = 600;
const HEIGHT = 90;

/** A step chart of the queue's depth since the page was opened. */
export function DepthChart({ depths, nowMs }: DepthChartProps) {
  const [first] = depths;
  const last = depths.at(-1);
  if (first === undefined || last === undefined || depths.length < 2) return null;
  const endMs = Math.max(nowMs, last.atMs);
  const spanMs = Math.max(1000, endMs - first.atMs);
  const highest = Math.max(1, ...depths.map(({ waiting, running }) => Math.max(waiting, running)));
  const x = (atMs: number) => ((atMs - first.atMs) / spanMs) * WIDTH;
  const y = (count: number) => HEIGHT - (count / highest) * (HEIGHT - 4) - 1;
  const pathOf = (count: (depth: Depth) => number) =>
    depths
      .map((depth, index) => {
        const value = y(count(depth)).toFixed(1);
        return index === 0 ? `M0 ${value}` : `H${x(depth.atMs).toFixed(1)}V${value}`;
      })
      .join("")
      .concat(`H${x(endMs).toFixed(1)}`);
  const waiting = pathOf((depth) => depth.waiting);
  return (
    <section class="card" aria-labelledby="depth-title">
      <h2 id="depth-title">
        Depth <span class="quiet">{`the last ${duration(spanMs)}, peak ${highest}`}</span>
      </h2>
      <svg
        class="depth-chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${last.waiting} tasks waiting, ${last.running} running; the peak was ${highest}.`}
      >
        <path class="chart-area" d={`${waiting}V${HEIGHT}H0Z`} />
        <path class="chart-waiting" d={waiting} />
        <path class="chart-running" d={pathOf((depth) => depth.running)} />
      </svg>
      <p class="chart-legend">
        <span class="legend-waiting">waiting</span>
        <span class="legend-running">running</span>
      </p>
    </section>
  );
}
