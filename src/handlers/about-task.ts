import type { Scope } from "../../worker-client/protocol.ts";
import { allows } from "../auth/allows.ts";
import type { Caller } from "../auth/caller.ts";
import { covers } from "../auth/covers.ts";
import type { ServiceRequest } from "../auth/service-request.ts";
import type { Env } from "../env.ts";
import { ProblemError } from "../http/problem-error.ts";
import { taskIdOf } from "../http/task-id-of.ts";
import type { TaskCall } from "./task-call.ts";
import { unknownTask } from "./unknown-task.ts";

/**
 * A route whose path names a task, for callers with this scope. A task that the caller's token does
 * not cover is out of reach, and looks like one that does not exist.
 */
export function aboutTask(
  scope: Scope,
  handle: (call: TaskCall) => Promise<Response>,
): (request: ServiceRequest, env: Env) => Promise<Response> {
  return async (request, env) => {
    const { caller } = request;
    if (caller === undefined) throw new Error("a route is reached before the caller is known");
    if (!allows(caller, scope)) throw forbidden(scope, caller);
    const id = taskIdOf(request);
    const reach = covers(caller, id) ? () => env.TASKS.getByName(id) : () => unknownTask(id);
    return handle({ request, env, id, caller, reach });
  };
}

function forbidden(scope: Scope, { scopes }: Caller): ProblemError {
  const granted = [...scopes].join(" ") || "nothing";
  return new ProblemError(
    "forbidden",
    `This needs a token with the scope "${scope}"; yours allows ${granted}.`,
    {
      headers: {
        "WWW-Authenticate": `Bearer realm="edge-canceler", error="insufficient_scope", scope="${scope}"`,
      },
    },
  );
}
