import type { TaskState } from "../worker-client/index.ts";
import type { DemoWorker } from "./demo-steps.ts";

/** Rows of cells as lines whose columns stand below each other; the first row is the head. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

interface Row {
  readonly worker: DemoWorker;
  readonly task: TaskState;
}

const HEAD = ["task", "asked", "delivered", "acknowledged", "ended", "status", "exit"];

/**
 * The receipts of the cancels as a table: milliseconds since each was asked for, and by whom if the
 * service asked who it was.
 */
export function receiptTable(rows: readonly Row[]): string {
  const hasNames = rows.some(({ task }) => task.cancellation?.requestedBy);
  const lines = rows.map(({ worker, task }) => {
    const { cancellation } = task;
    const since = (at: string | null | undefined) =>
      at && cancellation ? `+${Date.parse(at) - Date.parse(cancellation.requestedAt)} ms` : "never";
    return [
      task.id,
      cancellation?.requestedAt.slice(11, 23) ?? "never",
      since(cancellation?.deliveredAt),
      since(cancellation?.acknowledgedAt),
      since(task.endedAt),
      task.status,
      String(worker.process.exitCode),
      ...(hasNames ? [cancellation?.requestedBy ?? "unknown"] : []),
    ];
  });
  return textTable([hasNames ? [...HEAD, "asked by"] : HEAD, ...lines]);
}
