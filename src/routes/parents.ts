import * as v from "valibot";
import type { TaskState } from "../../worker-client/protocol.ts";
import { PARENT_HEADER } from "../../worker-client/protocol-trees.ts";
import { TASK_ID_PATTERN, TASK_ID_RULE } from "../../worker-client/task-id.ts";
import { covers } from "../auth/caller.ts";
import { ProblemError } from "../http/problem.ts";
import { decodeComponent, show } from "../http/request.ts";
import type { CommandAnswer, TaskStub } from "../tasks/task-stub.ts";
import type { ParentCancel } from "../tasks/telling.ts";
import { askObject, type Done } from "./ask-task.ts";
import type { Declared } from "./declaration.ts";
import { refusalProblem, unknownProblem } from "./task-problems.ts";
import { requireAllowed, type TaskCall, wayTo } from "./task-route.ts";

const CHOICE = 'must be "cancel" or "ignore"';
const ID = `must be the id of a task (${TASK_ID_RULE})`;

/** What a body says of the parent. Null: none, whatever a header says. */
export const CHILD = {
  parent: v.nullish(v.pipe(v.string(ID), v.regex(TASK_ID_PATTERN, ID))),
  onParentCancel: v.optional(v.picklist(["cancel", "ignore"], CHOICE)),
};

export interface ChildBody {
  readonly parent?: string | null | undefined;
  readonly onParentCancel?: "cancel" | "ignore" | undefined;
}

/** A task that its parent has adopted. */
export interface Adopted {
  readonly parent: string;
  readonly ancestors: readonly string[];
  /** Not null: the parent was cancelled. */
  readonly cancel: ParentCancel | null;
  readonly atMs: number;
}

interface ChildCall extends Pick<TaskCall, "env" | "caller" | "id" | "reach"> {
  readonly request: Request;
  /** The queue that the task is to be made in, which the caller's token names. */
  readonly queue?: string | undefined;
}

/** Declares a task, once its parent, if it has one, has adopted it. */
export async function makeTask(call: ChildCall, { event, child }: Declared): Promise<Done> {
  const requestedBy = call.caller.subject;
  // It cancels others.
  if (event.supersede) requireAllowed(call.caller, "cancel");
  if (event.supersede && namedParent(call, child) === null) {
    throw new ProblemError(
      "bad-request",
      'The field "supersede" cancels the other children of a parent: send "parent" as well.',
    );
  }
  return makeBelow({ ...call, queue: event.queue }, child, async (task, adopted) => {
    const { ancestors, cancel, atMs: adoptedAtMs } = adopted ?? {};
    const declared = { ...event, ancestors, cancel, adoptedAtMs, requestedBy };
    return task.command(declared, undefined, requestedBy);
  });
}

/**
 * Lets `make` ask for a task once its parent, if it has one, has adopted it; once more if the task was
 * forgotten in between, as the parent may have been cancelled before that. Throws the problem to answer
 * with if it is refused.
 */
export async function makeBelow(
  call: ChildCall,
  body: ChildBody,
  make: (task: TaskStub, adopted: Adopted | null) => Promise<CommandAnswer>,
): Promise<Done> {
  const makeOnce = async () => {
    const adopted = await adopt(call, body);
    const answer = await askObject(call, (task) => make(task, adopted));
    // A start changes a task that was known as well.
    const isMade = answer.kind === "changed" && answer.task.parent === adopted?.parent;
    if (!isMade) await recheck(call, adopted, answer.task);
    return answer;
  };
  let answer = await makeOnce();
  if (answer.kind === "refused" && answer.refusal === "outdated") answer = await makeOnce();
  if (answer.kind === "refused") throw refusalProblem(call.id, answer.refusal, answer.task);
  return answer;
}

/**
 * Lets the parent adopt the task of a call, which may not exist yet. Null: it has none, or the caller
 * does not make it. From now on a cancel of the parent reaches the task, also if it comes before the
 * task is made.
 */
async function adopt(call: ChildCall, body: ChildBody): Promise<Adopted | null> {
  const parent = namedParent(call, body);
  if (parent === null || !(await mayMake(call))) return null;
  const reach = wayTo(parent, call.caller, call.env);
  const request = { child: call.id, staysOn: body.onParentCancel === "ignore" };
  const answer = await askObject({ reach }, (object) => object.adopt(request));
  if (answer.kind === "adopted") return { parent, ...answer };
  switch (answer.refusal) {
    case "unknown":
      throw unknownProblem(parent);
    case "cycle":
      throw new ProblemError(
        "cycle",
        `Task ${call.id} cannot be a child of ${parent}: it is that task or above it, or there are 32 tasks above it.`,
      );
    case "full":
      throw new ProblemError(
        "too-many-children",
        `Task ${parent} has 10,000 children that have not ended: wait for some, or give others a parent of their own below it.`,
      );
  }
}

/**
 * Lets the parent look again at a task that was not made as its child: it has ended, or has another
 * parent. Should that fail, the parent asks it later.
 */
async function recheck(
  call: ChildCall,
  adopted: Adopted | null,
  task: TaskState | null,
): Promise<void> {
  if (adopted === null || task === null) return;
  if (task.parent === adopted.parent && task.endedAt === null) return;
  const news = { type: "check", child: call.id } as const;
  const reach = () => call.env.TASKS.getByName(adopted.parent);
  await askObject({ reach }, (object) => object.hearChild(news)).catch(() => {});
}

/**
 * Whether the caller may make the task of a call. A cancelled parent cancels what it has adopted, so it
 * must not adopt a task that the caller's token does not reach.
 */
async function mayMake({ caller, env, id, queue }: ChildCall): Promise<boolean> {
  if (covers(caller, id)) return true;
  if (queue === undefined) return false;
  const reach = () => env.TASKS.getByName(id);
  return (await askObject({ reach }, (object) => object.hint())) === null;
}

/** The id of the parent that a request names; null: none. */
function namedParent({ request }: ChildCall, { parent }: ChildBody): string | null {
  return parent === undefined ? parentInHeader(request) : parent;
}

function parentInHeader({ headers }: Request): string | null {
  const sent = headers.get(PARENT_HEADER);
  if (!sent) return null;
  const id = decodeComponent(sent.trim());
  if (id !== null && TASK_ID_PATTERN.test(id)) return id;
  throw new ProblemError("bad-request", `The header ${PARENT_HEADER} ${ID}, not ${show(sent)}.`);
}
