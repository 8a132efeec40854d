import { TASK_ID_PATTERN } from "../../worker-client/protocol.ts";
import type { ServiceRequest } from "../auth/service-request.ts";

/**
 * One line a request: what was asked of which task, by whom, and what came of it. No URL, no header
 * and no body is in it, where a token or a secret could be.
 */
export function logRequest(response: Response, request: ServiceRequest): void {
  const { method, route, params, receivedAtMs, caller } = request;
  // Who it is comes before what it is about: a request that is refused at the door has no task yet.
  const id = params?.["id"] ?? "";
  console.log(
    JSON.stringify({
      event: "request",
      method,
      route,
      taskId: TASK_ID_PATTERN.test(id) ? id : null,
      status: response.status,
      subject: caller?.subject ?? null,
      durationMs: Date.now() - (receivedAtMs ?? Date.now()),
    }),
  );
}
