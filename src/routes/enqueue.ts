import * as v from "valibot";
import type { EnqueueAnswer, EnqueueResult } from "../../worker-client/protocol-queues.ts";
import { parseBody, parseFields } from "../http/body.ts";
import { fields, isObject } from "../http/fields.ts";
import { asProblem, ProblemError } from "../http/problem.ts";
import { show } from "../http/request.ts";
import { jsonResponse } from "../http/response.ts";
import { logLine } from "../log-line.ts";
import { type TaskNews, wordOf } from "../queues/queue.ts";
import type { CommandAnswer } from "../tasks/task-stub.ts";
import { askObject } from "./ask-task.ts";
import {
  DECLARATION,
  type Declared,
  MAX_DECLARATION_BYTES,
  readDeclaration,
} from "./declaration.ts";
import { makeTask } from "./parents.ts";
import type { QueueCall } from "./queue-route.ts";
import { reachOf } from "./task-route.ts";

const MAX_TASKS = 100;
/** How many objects one request calls at a time. */
const AT_ONCE = 20;

const HOW_MANY = `must be a list of 1 to ${MAX_TASKS} tasks`;
/** The schema of an enqueue's body, except for its tasks. */
export const ENQUEUE = {
  tasks: v.pipe(
    v.array(v.unknown(), HOW_MANY),
    v.minLength(1, HOW_MANY),
    v.maxLength(MAX_TASKS, HOW_MANY),
  ),
};
/** The schema of one of its tasks. */
export const TASK = { id: fields.taskId, ...DECLARATION };

/** A task on its way into the queue. */
interface Waiting extends Declared {
  readonly id: string;
}

type Done = Exclude<CommandAnswer, { kind: "refused" }>;
/** The result for one task: the task, or why there is none. */
type Outcome = Done | { readonly kind: "failed"; readonly error: unknown };

/** 200 with a result for each task; 409 if the queue takes no new tasks and none of these is known. */
export async function enqueueTasks(call: QueueCall): Promise<Response> {
  const { tasks } = await parseBody(call.request, ENQUEUE, { maxBytes: MAX_DECLARATION_BYTES });
  const read = tasks.map((task) => readTask(task, call));
  // If an id occurs twice, the first one counts.
  const declared = new Map<string, Waiting>();
  for (const one of read) {
    if ("event" in one && !declared.has(one.id)) declared.set(one.id, one);
  }
  const outcomes = await declareInQueue(call, [...declared.values()]);
  const closed = [...outcomes.values()].map(closedFor);
  if (closed[0] && closed.every(Boolean)) throw closed[0];
  const seen = new Set<string>();
  const results = read.map((one): EnqueueResult => {
    if ("problem" in one) return one;
    const { id } = one;
    const outcome = outcomes.get(id);
    if (outcome === undefined || outcome.kind === "failed") {
      return { id, problem: asProblem(outcome?.error).toProblem() };
    }
    const isFirst = !seen.has(id);
    seen.add(id);
    const isCreated = isFirst && outcome.kind === "changed";
    return { id, outcome: isCreated ? "created" : "known", task: outcome.task };
  });
  const answer: EnqueueAnswer = { tasks: results };
  return jsonResponse(answer);
}

/** Reads one task of many. What is wrong with it does not affect the others. */
function readTask(
  task: unknown,
  { request, queue }: QueueCall,
): Waiting | (EnqueueResult & { problem: object }) {
  try {
    if (!isObject(task)) {
      throw new ProblemError("bad-request", `A task must be a JSON object, not ${show(task)}.`);
    }
    const { id, ...declaration } = parseFields(task, TASK);
    return { id, ...readDeclaration({ ...declaration, queue }, request) };
  } catch (error) {
    const id = isObject(task) && "id" in task ? task.id : null;
    return { id: typeof id === "string" ? id : "", problem: asProblem(error).toProblem() };
  }
}

/**
 * Declares tasks that wait in a queue. The queue reserves a place before a task exists, and offers the
 * task to workers once it says that it waits. Wherever this is cut off, a task that exists has its place,
 * or gets one by its own alarm.
 */
export async function declareInQueue(
  call: QueueCall,
  tasks: readonly Waiting[],
): Promise<ReadonlyMap<string, Outcome>> {
  const wishes = tasks.map(({ id, event: { priority = 0, availableAtMs = null } }) => ({
    id,
    priority,
    availableAtMs,
  }));
  const isOpen = await askObject(call, (queue) => queue.reserve(wishes));
  const outcomes = new Map<string, Outcome>();
  const waiting = [...tasks];
  const declareSome = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      outcomes.set(task.id, await declareOne(call, task, isOpen));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, declareSome));
  if (isOpen) await tell(call, outcomes);
  return outcomes;
}

async function declareOne(call: QueueCall, task: Waiting, isOpen: boolean): Promise<Outcome> {
  const { id } = task;
  const reach = reachOf(id, call.caller, call.env);
  try {
    if (isOpen) return await makeTask({ ...call, id, reach }, task);
    const known = await askObject({ reach }, (object) => object.read());
    if (known === null) throw closedProblem(call.queue);
    const { input: _, ...state } = known;
    return { kind: "unchanged", task: state };
  } catch (error) {
    return { kind: "failed", error };
  }
}

/** Returns the problem if a closed queue has refused the task, or null. */
function closedFor(outcome: Outcome): ProblemError | null {
  const error = outcome.kind === "failed" ? outcome.error : null;
  return error instanceof ProblemError && error.kind === "queue-closed" ? error : null;
}

function closedProblem(queue: string): ProblemError {
  return new ProblemError(
    "queue-closed",
    `The queue ${queue} takes no new tasks: open it with PUT /v1/queues/${queue} {"accepting":true}.`,
  );
}

/** Tells the queue what the tasks say. A queue that cannot be reached finds out by itself a little later. */
async function tell(call: QueueCall, outcomes: ReadonlyMap<string, Outcome>): Promise<void> {
  const news: TaskNews[] = [];
  for (const [id, outcome] of outcomes) {
    if (outcome.kind !== "failed") news.push({ id, word: wordOf(outcome.task, call.queue) });
  }
  try {
    await askObject(call, (queue) => queue.hear(news));
  } catch (error) {
    console.error(logLine("queue_unreachable", { queue: call.queue, error: String(error) }));
  }
}
