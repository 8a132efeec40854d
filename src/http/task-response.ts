import type { TaskState } from "../../worker-client/protocol.ts";

/**
 * The task as JSON, with its revision as a weak ETag: `watchers` and the receipt's `deliveredAt`
 * move without a new revision, so two answers with one tag mean the same but may differ in bytes.
 */
export function taskResponse(
  task: TaskState,
  status: number,
  headers?: Readonly<Record<string, string>>,
): Response {
  return new Response(`${JSON.stringify(task)}\n`, {
    status,
    headers: {
      ...headers,
      "Content-Type": "application/json",
      ETag: `W/"${task.revision}"`,
    },
  });
}
