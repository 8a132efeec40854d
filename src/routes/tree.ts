import type { TaskTree } from "../../worker-client/protocol-trees.ts";
import { covers } from "../auth/caller.ts";
import { ProblemError } from "../http/problem.ts";
import { parameter, show } from "../http/request.ts";
import { jsonResponse } from "../http/response.ts";
import type { Relatives } from "../tasks/task-stub.ts";
import { askObject } from "./ask-task.ts";
import { unknownProblem } from "./task-problems.ts";
import type { TaskCall } from "./task-route.ts";

const DEFAULT_DEPTH = 3;
const MAX_DEPTH = 32;
/** A request may ask so many objects, and so many of them at a time. */
const MAX_TASKS = 500;
const AT_ONCE = 50;
const DEPTH = /^\d{1,2}$/;

/** A task of the tree, while it is being built. */
interface Branch {
  readonly id: string;
  status: TaskTree["status"];
  descendants: TaskTree["descendants"];
  children: Branch[];
  hidden: number;
}

/** The task and what is below it, as each says itself; what is cut is counted. */
export async function readTree(call: TaskCall): Promise<Response> {
  const depth = requestedDepth(call.request);
  const root = await askObject(call, (object) => object.relatives(MAX_TASKS));
  if (root === null) throw unknownProblem(call.id);
  const tree = branchOf(call.id);
  let left = MAX_TASKS - 1;
  let level = growTo(tree, root, call, depth > 0 ? left : 0);
  for (let below = 1; level.length > 0; below++) {
    left -= level.length;
    const next: Branch[] = [];
    for (let first = 0; first < level.length; first += AT_ONCE) {
      const some = level.slice(first, first + AT_ONCE);
      const answers = await Promise.all(some.map(({ id }) => relativesOf(call, id)));
      for (const [index, branch] of some.entries()) {
        const room = below < depth ? Math.max(0, left - next.length) : 0;
        next.push(...growTo(branch, answers[index] ?? null, call, room));
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

function relativesOf({ env }: TaskCall, id: string): Promise<Relatives | null> {
  return askObject({ reach: () => env.TASKS.getByName(id) }, (object) =>
    object.relatives(MAX_TASKS),
  );
}

function branchOf(id: string): Branch {
  return { id, status: null, descendants: null, children: [], hidden: 0 };
}

/** Fills in what a task says; returns those of its children that are shown. */
function growTo(
  branch: Branch,
  relatives: Relatives | null,
  { caller }: TaskCall,
  room: number,
): Branch[] {
  if (relatives === null) return [];
  const { status, descendants, children, count } = relatives;
  const shown = children.filter((id) => covers(caller, id)).slice(0, room);
  Object.assign(branch, { status, descendants, children: shown.map(branchOf) });
  branch.hidden = count - shown.length;
  return branch.children;
}
