import type { TaskState } from "../worker-client/index.ts";
import type { DemoWorker } from "./demo-steps.ts";

/** Formats rows of cells as lines with aligned columns. The first row is the header. */
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
 * Formats the receipts of cancels as a table, in milliseconds since the request, with the requester if
 * the service requires tokens.
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
