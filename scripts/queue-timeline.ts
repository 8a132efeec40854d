import type { TaskState } from "../worker-client/index.ts";
import { textTable } from "./text-table.ts";

const WIDTH = 48;
const WAITS = "·";
const HEAD = ["task", "status", "attempts"];

/** Returns the name of the worker that ran an attempt of a task. */
type WorkerOf = (id: string, attempt: number) => string;

/**
 * Draws when each task waited and ran, one task per line, on a common time scale. A run is drawn with
 * the first letter of its worker.
 */
export function queueTimeline(tasks: readonly TaskState[], workerOf: WorkerOf): string {
  const fromMs = Math.min(...tasks.map(({ createdAt }) => Date.parse(createdAt)));
  const toMs = Math.max(...tasks.map(({ endedAt }) => Date.parse(endedAt ?? "")));
  const columnOf = (at: string | null) =>
    Math.round(((Date.parse(at ?? "") - fromMs) / (toMs - fromMs)) * (WIDTH - 1));
  const rows = tasks.map((task) => {
    const { id, status, createdAt, endedAt, attempts } = task;
    const bar = Array.from({ length: WIDTH }, () => " ");
    const draw = (from: string, to: string | null, letter: string) =>
      bar.fill(letter, columnOf(from), columnOf(to) + 1);
    draw(createdAt, endedAt, WAITS);
    for (const { attempt, startedAt, endedAt: until } of attempts) {
      draw(startedAt, until ?? endedAt, workerOf(id, attempt).slice(0, 1).toUpperCase());
    }
    const runs = attempts.map(
      ({ attempt, outcome }) => `${attempt} on ${workerOf(id, attempt)}: ${outcome}`,
    );
    return [id, status, runs.join(", ") || "never started", bar.join("").trimEnd()];
  });
  const seconds = ((toMs - fromMs) / 1000).toFixed(1);
  return textTable([[...HEAD, `${seconds} s`], ...rows]);
}
