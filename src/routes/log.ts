import { TASK_ID_PATTERN } from "../../worker-client/protocol.ts";
import type { ServiceRequest } from "../auth/authenticate.ts";
import { decodeComponent } from "../http/request.ts";

const TASK_PATH = /^\/(?:v1\/tasks|cancel-task|watch-task)\/([^/]+)/;

/**
 * One line a request: what was asked of which task, by whom, and what came of it. No URL, no header
 * and no body is in it, where a token or a secret could be.
 */
export function logRequest(response: Response, request: ServiceRequest): void {
  const { method, route, receivedAtMs, caller } = request;
  console.log(
    JSON.stringify({
      event: "request",
      method,
      route,
      taskId: taskIdIn(new URL(request.url).pathname),
      status: response.status,
      subject: caller?.subject ?? null,
      durationMs: Date.now() - (receivedAtMs ?? Date.now()),
    }),
  );
}

/** The path itself is asked: a request that is refused at the door has come to no route yet. */
function taskIdIn(pathname: string): string | null {
  const [, encoded = ""] = TASK_PATH.exec(pathname) ?? [];
  const id = decodeComponent(encoded);
  return id !== null && TASK_ID_PATTERN.test(id) ? id : null;
}

/** Remembers when a request came, for the log. */
export function noteArrival(request: ServiceRequest): void {
  request.receivedAtMs = Date.now();
}
