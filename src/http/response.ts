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
  return new Response(`${JSON.stringify(task)}\n`, {
    status,
    headers: {
      ...headers,
      "Content-Type": "application/json",
      ETag: `W/"${task.revision}"`,
    },
  });
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
  return new Response(null, response);
}
