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
import { refusalProblem } from "./task-problems.ts";
import { reachOf, requireAllowed, type TaskCall } from "./task-route.ts";

const CHOICE = 'must be "cancel" or "ignore"';
const ID = `must be the id of a task (${TASK_ID_RULE})`;

/** The fields about the parent. A `parent` of null means none, whatever the header says. */
export const CHILD = {
  parent: v.nullish(v.pipe(v.string(ID), v.regex(TASK_ID_PATTERN, ID))),
  onParentCancel: v.optional(v.picklist(["cancel", "ignore"], CHOICE)),
};

export interface ChildBody {
  readonly parent?: string | null | undefined;
  readonly onParentCancel?: "cancel" | "ignore" | undefined;
}

/** A task that its parent has adopted, or has passed over. */
interface Adopted {
  readonly parent: string;
  readonly ancestors: readonly string[];
  /** The cancel of the parent, or null if it was not cancelled. */
  readonly cancel: ParentCancel | null;
  /** When it was adopted. Null if it was not, because it is known and will not be the parent's child. */
  readonly atMs: number | null;
  /** Whether the task, if it is created now, keeps running when its parent is cancelled. */
  readonly staysOn: boolean;
}

interface ChildCall extends Pick<TaskCall, "env" | "caller" | "id" | "reach"> {
  readonly request: Request;
  /** The queue to make the task in, which the caller's token names. */
  readonly queue?: string | undefined;
}

/** Declares a task, once its parent, if it has one, has adopted it. */
export async function makeTask(call: ChildCall, { event, child }: Declared): Promise<Done> {
  const requestedBy = call.caller.subject;
  // To supersede is to cancel others.
  if (event.supersede) requireAllowed(call.caller, "cancel");
  if (event.supersede && namedParent(call, child) === null) {
    throw new ProblemError(
      "bad-request",
      'The field "supersede" cancels the other children of a parent: send "parent" as well.',
    );
  }
  return makeBelow({ ...call, queue: event.queue }, child, async (task, adopted) => {
    const { ancestors, staysOn, cancel, atMs: adoptedAtMs } = adopted ?? {};
    const declared = { ...event, ancestors, staysOn, cancel, adoptedAtMs, requestedBy };
    return task.command(declared, undefined, requestedBy);
  });
}

/**
 * Calls `make` once the task's parent, if it has one, has adopted the task. Does so again if the task was
 * forgotten in between: a cancel of the parent may have reached only the forgotten one. Throws a problem if
 * the task refuses.
 */
export async function makeBelow(
  call: ChildCall,
  body: ChildBody,
  make: (task: TaskStub, adopted: Adopted | null) => Promise<CommandAnswer>,
): Promise<Done> {
  const makeOnce = async () => {
    const adopted = await adopt(call, body);
    const answer = await askObject(call, (task) => make(task, adopted));
    // A start also changes a task that was known before.
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
 * Lets the parent adopt the task of a call, which may not exist yet. From then on a cancel of the parent
 * reaches the task, even one that comes before the task is made. Returns null if there is no parent, or if
 * the caller may not make the task.
 */
async function adopt(call: ChildCall, body: ChildBody): Promise<Adopted | null> {
  const parent = namedParent(call, body);
  if (parent === null || !(await mayMake(call))) return null;
  const reach = reachOf(parent, call.caller, call.env);
  const staysOn = body.onParentCancel === "ignore";
  const request = { child: call.id, staysOn };
  const answer = await askObject({ reach }, (object) => object.adopt(request));
  if (answer.kind !== "refused") return { parent, staysOn, ...answer };
  switch (answer.refusal) {
    case "unknown":
      throw new ProblemError(
        "task-unknown",
        `Task ${call.id} cannot be a child of ${parent}, which the token does not cover: use a token that does, or send "parent": null.`,
      );
    case "cycle":
      throw new ProblemError(
        "cycle",
        `Task ${call.id} cannot be a child of ${parent}: it is that task or one of its ancestors, or it would have more than 32 ancestors.`,
      );
    case "full":
      throw new ProblemError(
        "too-many-children",
        `Task ${parent} has 10,000 children that have not ended: wait until some have, or group new ones under one of them.`,
      );
  }
}

/**
 * Lets the parent look again at a task that did not become its child, because it has ended or has another
 * parent. If that fails, the parent asks the task later.
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
 * must not adopt a task that the caller's token does not cover.
 */
async function mayMake({ caller, env, id, queue }: ChildCall): Promise<boolean> {
  if (covers(caller, id)) return true;
  if (queue === undefined) return false;
  const reach = () => env.TASKS.getByName(id);
  return (await askObject({ reach }, (object) => object.hint())) === null;
}

/** Returns the id of the parent that a request names, or null if it names none. */
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
