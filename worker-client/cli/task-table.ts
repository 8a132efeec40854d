import type { TaskState } from "../index.ts";
import { outcomeOf } from "./outcome.ts";
import {
  deadlineWords,
  lastFailure,
  ranFor,
  showDuration,
  statusPart,
  timeBetween,
} from "./task-lines.ts";
import { fitLine, type Line, oneLine, type Part, textOf } from "./terminal.ts";

const COLUMNS = ["TASK", "STATUS", "ATTEMPT", "RAN", "ENDED", "DETAILS"] as const;
const EMPTY = "-";

/**
 * Formats tasks as a table, one per line below a line of titles. A null task is unknown. `width` is how
 * many columns a line has.
 */
export function taskTable(
  tasks: ReadonlyMap<string, TaskState | null>,
  nowMs: number,
  width: number,
): readonly Line[] {
  const rows: Part[][] = Array.from(tasks, ([id, task]) => [
    id,
    statusPart(task),
    ...(task === null ? [] : cellsOf(task, nowMs)),
  ]);
  return alignedLines(COLUMNS, rows, width);
}

/**
 * Aligns rows in columns below their titles. An empty cell shows a dash. Only the last column is cut to
 * the width: if the others do not fit, each row takes several lines, or a long id would hide the status.
 */
export function alignedLines(
  columns: readonly string[],
  rows: readonly (readonly Part[])[],
  width: number,
): readonly Line[] {
  const titles: Part[] = columns.map((text) => ({ text, style: "dim" }));
  const table = [titles, ...rows].map((row) => columns.map((_, column) => row[column] || EMPTY));
  const widths = columns.map((_, column) =>
    Math.max(...table.map((row) => textOf(row[column] ?? "").length)),
  );
  const least = widths
    .slice(0, -1)
    .reduce((sum, columnWidth) => sum + columnWidth + 2, columns.at(-1)?.length ?? 0);
  const lines = Math.max(1, Math.ceil(least / width));
  return table.map((row) => {
    const parts = row.flatMap((part, column) => {
      const isLast = column === columns.length - 1;
      const space = (widths[column] ?? 0) - textOf(part).length + 2;
      return isLast ? [part] : [part, " ".repeat(space)];
    });
    return fitLine(parts, lines * width);
  });
}

function cellsOf(task: TaskState, nowMs: number): Part[] {
  const { attempt, endedAt } = task;
  return [
    attempt > 0 ? `${attempt}` : "",
    ranFor(task, nowMs),
    endedAt === null ? "" : `${showDuration(timeBetween(endedAt, nowMs))} ago`,
    detailsOf(task, nowMs),
  ];
}

function detailsOf(task: TaskState, nowMs: number): string {
  const { status, cancellation, deadlineAt } = task;
  const details: (string | null)[] = [
    lastFailure(task),
    status === "pending" ? waitOf(task, nowMs) : null,
    status === "running" && deadlineAt !== null ? `deadline ${inTime(deadlineAt, nowMs)}` : null,
  ];
  if (cancellation !== null) {
    const { cause, reason, requestedBy, requestedAt, acknowledgedAt } = cancellation;
    const said = oneLine(reason ?? "");
    const who = requestedBy === null ? "" : `by ${oneLine(requestedBy)}`;
    details.push(
      progressOf(task, timeBetween(requestedAt, acknowledgedAt ?? nowMs)),
      cause === "timeout" ? deadlineWords(task) : [who, said].filter(Boolean).join(": "),
    );
  }
  return details.filter(Boolean).join("; ");
}

/** What a pending task waits for. */
function waitOf({ createdAt, availableAt, attempt, queue }: TaskState, nowMs: number): string {
  if (availableAt !== null && Date.parse(availableAt) > nowMs) {
    return `${attempt > 0 ? "next attempt" : "to be started"} ${inTime(availableAt, nowMs)}`;
  }
  const where = queue === null ? "" : ` in ${oneLine(queue)}`;
  if (attempt > 0) return `waits for its next attempt${where}`;
  const forHowLong = showDuration(timeBetween(createdAt, nowMs));
  return queue === null ? `declared ${forHowLong} ago` : `waits${where} for ${forHowLong}`;
}

function inTime(time: string, nowMs: number): string {
  const leftMs = Date.parse(time) - nowMs;
  return leftMs > 0 ? `in ${showDuration(leftMs)}` : "passed";
}

/** The progress of a cancel; `sinceMs` is the time until it was acknowledged, or until now. */
function progressOf(task: TaskState, sinceMs: number): string | null {
  switch (outcomeOf(task)) {
    case "stopping":
      return `asked ${showDuration(sinceMs)} ago`;
    case "acknowledged":
      return `acknowledged after ${showDuration(sinceMs)}`;
    case "unacknowledged":
      return "never acknowledged";
    case "not-running":
      if (task.attempt > 0) return "not running";
      return task.cancellation?.cause === "timeout" ? null : "never started";
    case "finished":
      return "ended by itself";
  }
}
