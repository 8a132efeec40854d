import type { TaskTree } from "../../worker-client/protocol-trees.ts";
import { covers } from "../auth/caller.ts";
import { ProblemError } from "../http/problem.ts";
import { parameter, show } from "../http/request.ts";
import { jsonResponse } from "../http/response.ts";
import { logLine } from "../log-line.ts";
import type { Relatives } from "../tasks/task-stub.ts";
import { askObject } from "./ask-task.ts";
import { unknownProblem } from "./task-problems.ts";
import { reachOf, type TaskCall } from "./task-route.ts";

const DEFAULT_DEPTH = 3;
const MAX_DEPTH = 32;
/** How many objects one request calls, in all and at a time. */
const MAX_TASKS = 500;
const AT_ONCE = 50;
const DEPTH = /^\d{1,2}$/;

/** A task of the tree, while it is being built. */
interface Branch extends Pick<TaskTree, "id" | "status" | "descendants"> {
  readonly children: Branch[];
  hidden: number;
}

/** A child that is shown if the caller's token covers it. */
interface Twig {
  readonly id: string;
  readonly above: Branch;
}

/**
 * 200 with the task and its descendants, as each describes itself. Children that are cut off, that do not
 * answer, or that the caller's token does not cover, are counted as `hidden`.
 */
export async function readTree(call: TaskCall): Promise<Response> {
  const depth = requestedDepth(call.request);
  const root = await askObject(call, (object) => object.relatives(MAX_TASKS));
  if (root === null) throw unknownProblem(call.id);
  const tree = branchOf(call.id, root);
  let left = MAX_TASKS - 1;
  let level = twigsOf(tree, root, call, depth > 0 ? left : 0);
  for (let below = 1; level.length > 0; below++) {
    left -= level.length;
    const next: Twig[] = [];
    for (let first = 0; first < level.length; first += AT_ONCE) {
      const some = level.slice(first, first + AT_ONCE);
      const answers = await Promise.all(some.map(({ id }) => relativesOf(call, id)));
      for (const [index, { id, above }] of some.entries()) {
        const relatives = answers[index] ?? null;
        // It did not answer, so it stays hidden.
        if (relatives === "unreachable") continue;
        // Forgotten, or out of the token's reach: it stays hidden.
        if (relatives === null && !covers(call.caller, id)) continue;
        above.hidden -= 1;
        // It was adopted before it was made, but turned out to exist already.
        if (relatives !== null && relatives.parent !== above.id) continue;
        const branch = branchOf(id, relatives);
        above.children.push(branch);
        const room = below < depth ? Math.max(0, left - next.length) : 0;
        next.push(...twigsOf(branch, relatives, call, room));
      }
    }
    level = next;
  }
  return jsonResponse(tree);
}

function requestedDepth(request: Request): number {
  const asked = parameter(request, "depth");
  if (asked === null) return DEFAULT_DEPTH;
  if (DEPTH.test(asked) && Number(asked) <= MAX_DEPTH) return Number(asked);
  throw new ProblemError(
    "bad-request",
    `The parameter "depth" must be a whole number from 0 to ${MAX_DEPTH}, not ${show(asked)}.`,
  );
}

async function relativesOf(
  { caller, env }: TaskCall,
  id: string,
): Promise<Relatives | null | "unreachable"> {
  const reach = reachOf(id, caller, env);
  try {
    return await askObject({ reach }, (object) => object.relatives(MAX_TASKS));
  } catch (error) {
    console.error(logLine("check_failed", { taskId: id, error: String(error) }));
    return "unreachable";
  }
}

/** A task without its children, all of which are hidden for now. */
function branchOf(id: string, relatives: Relatives | null): Branch {
  const { status = null, descendants = null, count: hidden = 0 } = relatives ?? {};
  return { id, status, descendants, children: [], hidden };
}

/** Returns the children of a task to ask. Which queue a child is in, only the child knows. */
function twigsOf(
  above: Branch,
  relatives: Relatives | null,
  { caller }: TaskCall,
  room: number,
): Twig[] {
  const children = relatives?.children ?? [];
  const asked = children.filter((id) => caller.queues.length > 0 || covers(caller, id));
  return asked.slice(0, room).map((id) => ({ id, above }));
}
