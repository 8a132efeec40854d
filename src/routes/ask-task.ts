import { ProblemError } from "../http/problem.ts";
import type { TaskCommand } from "../tasks/events.ts";
import { type CommandAnswer, WATCH_HEADER } from "../tasks/task-stub.ts";
import type { Watch } from "../tasks/watch.ts";
import { refusalProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";

/**
 * Calls an object, such as that of a task. If the object goes away in the meantime (a deploy, a move), calls
 * it once more through a new stub: every command is safe to repeat. An overloaded object is not called again.
 */
export async function askObject<Stub, Answer>(
  { reach }: { readonly reach: () => Stub },
  ask: (object: Stub) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask(reach());
  } catch (error) {
    if (!isRetryable(error)) throw error;
    return await ask(reach());
  }
}

function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error) || ("overloaded" in error && error.overloaded === true))
    return false;
  return "retryable" in error && error.retryable === true;
}

/** Opens a watch at the task's object. The response has a socket, or the state if no wait is needed. */
export async function openWatch(call: TaskCall, watch: Watch): Promise<Response> {
  const headers = { Upgrade: "websocket", [WATCH_HEADER]: JSON.stringify(watch) };
  const answer = await askObject(call, (object) =>
    object.fetch("https://task.invalid/", { headers }),
  );
  if (answer.status !== 503) return answer;
  throw new ProblemError(
    "too-many-watchers",
    `Task ${call.id} has too many watchers: try again later.`,
    { headers: { "Retry-After": "30" } },
  );
}

export type Done = Exclude<CommandAnswer, { kind: "refused" }>;

/** Sends a command to the task's object. Throws a problem if the task refuses it. */
export async function commandTask(
  call: Pick<TaskCall, "id" | "caller" | "reach">,
  command: TaskCommand,
): Promise<Done> {
  const by = call.caller.subject;
  const answer = await askObject(call, (object) => object.command(command, undefined, by));
  if (answer.kind === "refused") throw refusalProblem(call.id, answer.refusal, answer.task);
  return answer;
}
