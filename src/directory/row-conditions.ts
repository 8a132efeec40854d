import type { Position, TaskFilter } from "./query.ts";

export type SqlValue = string | number | null;

/** An SQL condition on the rows of a day, with the values for its placeholders. */
interface Condition {
  readonly where: string;
  readonly values: readonly SqlValue[];
}

export function beyond(after: Position | null): Condition {
  if (after === null) return { where: "true", values: [] };
  return { where: "(createdAtMs, id) < (?, ?)", values: [after.createdAtMs, after.id] };
}

export function upTo(end: Position | null): Condition {
  if (end === null) return { where: "true", values: [] };
  return { where: "(createdAtMs, id) >= (?, ?)", values: [end.createdAtMs, end.id] };
}

export function known(nowMs: number): Condition {
  return { where: "forgetAtMs IS NULL OR forgetAtMs > ?", values: [nowMs] };
}

/** A task overdue for a change may have changed since its row was written: it passes, and is asked. */
export function conditionsOf(filter: TaskFilter, nowMs: number): readonly Condition[] {
  const { statuses, queue, parent, prefix, createdAfterMs } = filter;
  const conditions: Condition[] = [];
  if (statuses !== null) {
    // A query takes 100 values at most, and a caller may repeat a status more often.
    const wanted = [...new Set(statuses)];
    const marks = wanted.map(() => "?").join(", ");
    conditions.push({
      where: `status IN (${marks}) OR dueAtMs < ?`,
      values: [...wanted, nowMs],
    });
  }
  if (queue !== null) conditions.push({ where: "queue = ?", values: [queue] });
  if (parent !== null) {
    conditions.push({ where: "json_extract(summary, '$.parent') = ?", values: [parent] });
  }
  // No id contains a character this high.
  if (prefix !== null) {
    conditions.push({ where: "id >= ? AND id < ?", values: [prefix, `${prefix}\u007f`] });
  }
  if (createdAfterMs !== null) {
    conditions.push({ where: "createdAtMs > ?", values: [createdAfterMs] });
  }
  return conditions;
}
