import type { IRequestStrict } from "itty-router";
import type { Scope } from "../../worker-client/protocol.ts";
import { TASK_ID_PATTERN, TASK_ID_RULE } from "../../worker-client/task-id.ts";
import type { ServiceRequest } from "../auth/authenticate.ts";
import { allows, type Caller, covers } from "../auth/caller.ts";
import type { Env } from "../env.ts";
import { ProblemError } from "../http/problem.ts";
import { requireKnownParameters } from "../http/query.ts";
import { decodeComponent, show } from "../http/request.ts";
import { type TaskStub, WATCH_QUEUES_HEADER } from "../tasks/task-stub.ts";
import { unknownProblem } from "./task-problems.ts";

/** A request from a caller who may make it. */
export interface Call {
  readonly request: IRequestStrict;
  readonly env: Env;
  readonly caller: Caller;
}

/** A request about one task. */
export interface TaskCall extends Call {
  readonly id: string;
  /** Returns a new stub of the task's object. */
  readonly reach: () => TaskStub;
}

type Route = (request: ServiceRequest, env: Env) => Promise<Response>;

/** Makes a route for callers with this scope, whose query may have only these parameters. */
export function callerRoute(
  scope: Scope,
  handle: (call: Call) => Promise<Response>,
  parameters: readonly string[] = [],
): Route {
  return async (request, env) => {
    const caller = requireScope(request, scope);
    requireKnownParameters(request, parameters);
    return handle({ request, env, caller });
  };
}

/**
 * Makes a route whose path names a task, for callers with this scope. A task that the caller's token
 * does not cover is out of reach, and looks like one that does not exist.
 */
export function taskRoute(
  scope: Scope,
  handle: (call: TaskCall) => Promise<Response>,
  parameters: readonly string[] = [],
): Route {
  return callerRoute(scope, (call) => handle(taskCall(call)), parameters);
}

/** Makes a route of the article. It accepts any query, because the article's loops may add one to a URL. */
export function plainRoute(scope: Scope, handle: (call: TaskCall) => Promise<Response>): Route {
  return async (request, env) =>
    handle(taskCall({ request, env, caller: requireScope(request, scope) }));
}

function taskCall(call: Call): TaskCall {
  const id = idInPath(call.request, "id");
  return { ...call, id, reach: reachOf(id, call.caller, call.env) };
}

/** Returns a function that makes a new stub of a task's object, as the caller may see it. */
export function reachOf(id: string, caller: Caller, env: Env): () => TaskStub {
  if (covers(caller, id)) return () => env.TASKS.getByName(id);
  if (caller.queues.length === 0) return () => unknownTask(id);
  return () => taskInQueues(env.TASKS.getByName(id), caller.queues, id);
}

/** Returns the caller of a request. Throws a problem if their token does not have this scope. */
function requireScope({ caller }: ServiceRequest, scope: Scope): Caller {
  if (caller === undefined) throw new Error("a route was reached before the caller was known");
  requireAllowed(caller, scope);
  return caller;
}

/** Throws a problem if a caller's token does not have this scope. */
export function requireAllowed(caller: Caller, scope: Scope): void {
  if (!allows(caller, scope)) throw forbidden(scope, caller);
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

/** The object of a task, for a caller whose token may name the task's queue, but does not name the task. */
function taskInQueues(task: TaskStub, queues: readonly string[], id: string): TaskStub {
  return {
    ...unknownTask(id),
    read: () => task.read(queues),
    history: () => task.history(queues),
    command: (command, _, by) => task.command(command, queues, by),
    forget: () => task.forget(queues),
    adopt: (request) => task.adopt(request, queues),
    relatives: (limit) => task.relatives(limit, queues),
    fetch: async (url, init) => {
      const headers = new Headers(init.headers);
      headers.set(WATCH_QUEUES_HEADER, JSON.stringify(queues));
      const answer = await task.fetch(url, { ...init, headers });
      if (answer.status === 404) throw unknownProblem(id);
      return answer;
    },
  };
}

/**
 * Stands in for the object of a task that the caller's token does not cover. It behaves as if the task
 * were unknown, whether it exists or not. A watch is rejected rather than parked: a worker with the wrong
 * token would silently wait forever.
 */
function unknownTask(id: string): TaskStub {
  return {
    read: async () => null,
    hint: async () => null,
    history: async () => null,
    command: async () => ({ kind: "refused", refusal: "unknown", task: null }),
    cancelListed: async () => null,
    forget: async () => ({ kind: "forgotten" }),
    adopt: async () => ({ kind: "refused", refusal: "unknown" }),
    relatives: async () => null,
    hearChild: async () => null,
    hearParent: async () => ({ kind: "unknown" }),
    fetch: async () => {
      throw unknownProblem(id);
    },
  };
}

/** Returns the id at a place in the path, or throws a problem that says what ids look like. */
export function idInPath(request: IRequestStrict, place: "id" | "queue"): string {
  const encoded = request.params[place] ?? "";
  // An id with a malformed escape is quoted as it was sent.
  const id = decodeComponent(encoded);
  if (id !== null && TASK_ID_PATTERN.test(id)) return id;
  const what = place === "id" ? "task id" : "queue";
  throw new ProblemError(
    "bad-request",
    `${show(id ?? encoded)} is not a valid ${what}: ${TASK_ID_RULE}.`,
  );
}
