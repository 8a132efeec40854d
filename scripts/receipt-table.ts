import type { TaskState } from "../worker-client/index.ts";
import type { DemoWorker } from "./start-demo-worker.ts";
import { textTable } from "./text-table.ts";

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
      ...(hasNames ? [cancellation?.requestedBy ?? "nobody knows"] : []),
    ];
  });
  return textTable([hasNames ? [...HEAD, "asked by"] : HEAD, ...lines]);
}
