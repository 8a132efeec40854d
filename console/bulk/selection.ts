import { LIVING_STATUSES } from "../../worker-client/protocol.ts";
import type { TaskSelection } from "../../worker-client/protocol-directory.ts";
import type { Filter } from "../route.ts";

/** The selection to send to the service, or null if the filter is empty and would select all tasks. */
export function selectionOf(filter: Filter): TaskSelection | null {
  const { queue, prefix, parent, createdAfter } = filter;
  const chosen = LIVING_STATUSES.filter((status) => filter.statuses.includes(status));
  const selection: TaskSelection = {
    ...(chosen.length > 0 && { status: chosen }),
    ...(queue !== "" && { queue }),
    ...(prefix !== "" && { prefix }),
    ...(parent !== "" && { parent }),
    ...(createdAfter !== "" && { createdAfter }),
  };
  return Object.keys(selection).length === 0 ? null : selection;
}

/** Describes a selection: `that are running, in the queue gpu, with ids that begin with train-`. */
export function selectionWords(selection: TaskSelection): string {
  const { status, queue, prefix, parent, createdAfter } = selection;
  const statuses = status === undefined ? [] : [status].flat();
  return [
    statuses.length === 0 ? "that have not ended" : `that are ${statuses.join(" or ")}`,
    queue === undefined ? "" : `in the queue ${queue}`,
    prefix === undefined ? "" : `with ids that begin with ${prefix}`,
    parent === undefined ? "" : `that are children of ${parent}`,
    createdAfter === undefined ? "" : `created after ${createdAfter}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** A number of tasks in words: `1 task`, `2 tasks`. */
export function tasksOf(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}
