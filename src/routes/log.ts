import type { RouteEntry } from "itty-router";
import { TASK_ID_PATTERN } from "../../worker-client/task-id.ts";
import type { ServiceRequest } from "../auth/authenticate.ts";
import { decodeComponent } from "../http/request.ts";
import { taskIn } from "../http/response.ts";
import { logLine } from "../log-line.ts";

/**
 * Logs a request in one line: its route, the task, attempt or queue, the caller, and the result. Leaves out
 * the URL, the headers and the body, because they could contain a token or a secret.
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
  /** `*` if no route matches. */
  readonly route: string;
  /** The parameters of its path, still encoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** Finds the route of a request, even of one that was rejected before it got there. */
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

/** Records when a request arrived, for the log. */
export function noteArrival(request: ServiceRequest): void {
  request.receivedAtMs = Date.now();
}
