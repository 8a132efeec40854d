import type { TaskState } from "../../worker-client/protocol.ts";

/**
 * Returns the task as JSON, with its revision as a weak ETag. `watchers` and the receipt's
 * `deliveredAt` change without a new revision, so answers with the same tag may differ in bytes.
 */
export function taskResponse(
  task: TaskState,
  status: number,
  headers?: Readonly<Record<string, string>>,
): Response {
  const response = new Response(`${JSON.stringify(task)}\n`, {
    status,
    headers: {
      ...headers,
      "Content-Type": "application/json",
      ETag: `W/"${task.revision}"`,
    },
  });
  return about(task, response);
}

/** Which task an answer tells of, for the log, which would have to parse its body. */
const tasks = new WeakMap<Response, NamedRun>();

type NamedRun = Pick<TaskState, "id" | "attempt">;

/** Notes which task an answer tells of. Returns the answer. */
export function about(task: NamedRun, response: Response): Response {
  tasks.set(response, task);
  return response;
}

/** The task that an answer tells of; undefined: it tells of none. */
export function taskIn(response: Response): NamedRun | undefined {
  return tasks.get(response);
}

/** Returns a value as JSON, on a line of its own. */
export function jsonResponse(
  value: object,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { ...headers, "Content-Type": "application/json" },
  });
}

/** Finishes every answer: it is not cached unless it says so, its type is not guessed, and a HEAD has no body. */
export async function sealResponse(response: Response, request: Request): Promise<Response> {
  if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  if (request.method !== "HEAD") return response;
  // A stream that nobody will read is ended, or its watch would stay parked.
  await response.body?.cancel();
  const head = new Response(null, response);
  const task = taskIn(response);
  return task === undefined ? head : about(task, head);
}
