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

/** What holds for every answer: nothing is cached or taken for what it is not, and a HEAD has no body. */
export async function sealResponse(response: Response, request: Request): Promise<Response> {
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  if (request.method !== "HEAD") return response;
  // A stream that nobody will read is ended, so that its watch is not left parked.
  await response.body?.cancel();
  return new Response(null, response);
}
