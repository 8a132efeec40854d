import type { TaskState } from "../../worker-client/protocol.ts";

/**
 * Returns the task as JSON, with its revision as a weak ETag. `watchers` and the receipt's
 * `deliveredAt` change without a new revision, so responses with the same tag may differ in bytes.
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

/** The tasks that responses are about, so that the log need not parse their bodies. */
const tasks = new WeakMap<Response, NamedRun>();

type NamedRun = Pick<TaskState, "id" | "attempt">;

/** Records which task a response is about. Returns the response. */
export function about(task: NamedRun, response: Response): Response {
  tasks.set(response, task);
  return response;
}

/** Returns the task that a response is about, or undefined if it is about none. */
export function taskIn(response: Response): NamedRun | undefined {
  return tasks.get(response);
}

/** Returns a value as one line of JSON. */
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

/**
 * Adds the headers that every response needs: no caching, unless the response allows it, and no content
 * sniffing. Drops the body of a HEAD.
 */
export async function sealResponse(response: Response, request: Request): Promise<Response> {
  if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  if (request.method !== "HEAD") return response;
  // Cancel a stream that no one will read, or its watch would stay parked.
  await response.body?.cancel();
  const head = new Response(null, response);
  const task = taskIn(response);
  return task === undefined ? head : about(task, head);
}
