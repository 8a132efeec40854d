import type { RouteEntry } from "itty-router";
import { TASK_ID_PATTERN } from "../../worker-client/task-id.ts";
import type { ServiceRequest } from "../auth/authenticate.ts";
import { decodeComponent } from "../http/request.ts";
import { taskIn } from "../http/response.ts";
import { logLine } from "../log-line.ts";

/**
 * Logs a request in one line: what was asked of which task, attempt or queue, by whom, and what came of it.
 * The URL, the headers and the body stay out of it, because a token or a secret could be in them.
 */
export function logRequest(
  response: Response,
  request: ServiceRequest,
  routes: readonly RouteEntry[],
): void {
  const { method, receivedAtMs, caller } = request;
  const { route, params } = routeOf(request, routes);
  const queue = idFrom(params["queue"]);
  const task = taskIn(response);
  const line = logLine("request", {
    method,
    route,
    taskId: idFrom(params["id"]) ?? task?.id ?? null,
    ...(task && { attempt: task.attempt }),
    ...(queue !== null && { queue }),
    status: response.status,
    subject: caller?.subject ?? null,
    durationMs: Date.now() - (receivedAtMs ?? Date.now()),
  });
  console.log(line);
}

interface Routed {
  /** `*`: none of ours. */
  readonly route: string;
  /** What stands at the places of its path, still encoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** Finds the route also of a request that was refused before it came there. */
function routeOf(request: ServiceRequest, routes: readonly RouteEntry[]): Routed {
  const { method, route, params } = request;
  if (route !== "*") return { route, params };
  const { pathname } = new URL(request.url);
  for (const [served, pattern, , path = "*"] of routes) {
    if (path === "*" || (served !== method && served !== "ALL")) continue;
    const match = pattern.exec(pathname);
    if (match !== null) return { route: path, params: match.groups ?? {} };
  }
  return { route: "*", params: {} };
}

function idFrom(encoded = ""): string | null {
  const id = decodeComponent(encoded);
  return id !== null && TASK_ID_PATTERN.test(id) ? id : null;
}

/** Notes when a request came, for the log. */
export function noteArrival(request: ServiceRequest): void {
  request.receivedAtMs = Date.now();
}
