import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { type Exchange, fakeService } from "./harness.ts";
import { cancellingTask, problem } from "./task-state.ts";

/** Gives a request an answer. */
type Answer = (exchange: Exchange) => void;

interface HostileService extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for, in order. */
  readonly paths: readonly string[];
}

/**
 * A service that is hostile, broken or somebody else: it gives every request the same answer. The
 * answers that no client or command may take for the service's stand in the tables below, by name.
 * Each of them looks like a cancel of the task as far as it can.
 *
 * - `hostileStates(id)`: JSON that is not the whole state of a task. Say it with status 200, over a
 *   WebSocket, or as the `task` of a problem.
 * - `hostileProblems(id)`: JSON that is not a problem of the service's own. Say it with any 4xx.
 * - `endlessAnswers`: they never end, whether packed or not.
 *
 * @example
 * ```ts
 * await using service = await hostileService((exchange) => exchange.answer(200, state));
 * await using service = await hostileService(endlessAnswers["a gzip bomb"]);
 * ```
 */
export async function hostileService(answer: Answer): Promise<HostileService> {
  const service = await fakeService();
  const paths: string[] = [];
  const answerAll = async (): Promise<never> => {
    for (;;) {
      const exchange = await service.requests.next();
      paths.push(exchange.path);
      answer(exchange);
    }
  };
  answerAll();
  return {
    url: service.url,
    paths,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** What no property of a task is, whichever it is. */
const NEVER = [undefined, true, { toString: "not a function" }];
const NEVER_NULL = ["id", "status", "revision", "attempt", "createdAt", "attempts", "watchers"];

/** What looks like a cancel of the task, and is not its state. */
export function hostileStates(id: string): Readonly<Record<string, object>> {
  const task = cancellingTask(id, { revision: 99 });
  const { cancellation, metadata, result, error, progress, ...rest } = task;
  const states: [string, object][] = [
    ["a list", [task]],
    ["another task", cancellingTask(`${id}5`, { revision: 99 })],
    ["a task without metadata", { ...task, metadata: undefined }],
    ["a task whose metadata is a text", { ...task, metadata: "none" }],
    ["a task without a result", { ...task, result: undefined }],
    ["a task without an error", { ...task, error: undefined }],
    ["a task whose revision has a fraction", { ...task, revision: 2.5 }],
    ["a task whose creation was never", { ...task, createdAt: "yesterday" }],
    ["a task that ended at no time", { ...task, endedAt: "soon" }],
    ["a task with half an attempt", { ...task, attempts: [{ attempt: 1 }] }],
    [
      "a task whose grace is endless",
      { ...task, cancellation: { ...cancellation, gracePeriodSeconds: -1 } },
    ],
    [
      "a task whose grace ends at no time",
      { ...task, cancellation: { ...cancellation, graceEndsAt: "soon" } },
    ],
  ];
  for (const name of NEVER_NULL) {
    states.push([`a task whose ${name} is null`, { ...task, [name]: null }]);
  }
  for (const wrong of NEVER) {
    const what = wrong === undefined ? "missing" : `a ${typeof wrong}`;
    for (const name of Object.keys(rest)) {
      states.push([`a task whose ${name} is ${what}`, { ...task, [name]: wrong }]);
    }
    states.push([`a task whose cancellation is ${what}`, { ...task, cancellation: wrong }]);
    for (const name of Object.keys(cancellation ?? {})) {
      const broken = { ...task, cancellation: { ...cancellation, [name]: wrong } };
      states.push([`a cancellation whose ${name} is ${what}`, broken]);
    }
  }
  return Object.fromEntries(states);
}

/** What looks like a refusal of the service, and is not. */
export function hostileProblems(id: string): Readonly<Record<string, object>> {
  const gone = problem("task-gone", 410, "The task is gone.");
  const { revision: _, ...half } = cancellingTask(id);
  return {
    "a list": [gone],
    "a problem of somebody else": { ...gone, type: "https://example.com/gone" },
    "a problem whose type is an object": { ...gone, type: { kind: gone.type } },
    "a problem whose type is a list": { ...gone, type: [gone.type] },
    "a problem without a title": { ...gone, title: undefined },
    "a problem without a status": { ...gone, status: undefined },
    "a problem without a detail": { ...gone, detail: undefined },
    "a problem whose detail is a list": { ...gone, detail: [gone.detail] },
    "a problem with half a task": { ...gone, task: half },
  };
}

/** Answers without an end. Each begins like the state of a task that was cancelled. */
export const endlessAnswers = {
  "an answer without end": ({ path, response }) => {
    response.writeHead(200);
    pipeline(Readable.from(endlessState(path)), response, () => {});
  },
  "a gzip bomb": ({ path, response }) => {
    response.writeHead(200, { "Content-Encoding": "gzip" });
    pipeline(Readable.from(endlessState(path)), createGzip(), response, () => {});
  },
} satisfies Record<string, Answer>;

function* endlessState(path: string): Generator<string> {
  const [id = ""] = /(?<=^\/v1\/tasks\/)[^/]+/.exec(path) ?? [];
  yield JSON.stringify(cancellingTask(id, { revision: 99 }));
  for (;;) yield " ".repeat(16_384);
}
