import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { SignJWT } from "jose";
import { assert, expect, onTestFinished, vi } from "vitest";
import type { TaskCommand } from "../../src/tasks/events.ts";
import { TaskObject } from "../../src/tasks/task-object.ts";
import type { DeclareRequest, TaskState, TaskStatus } from "../../worker-client/protocol.ts";
import type { Problem, ProblemKind } from "../../worker-client/protocol-problems.ts";
import { checkAnswer } from "./contract.ts";

/** A task id that no other test has: storage is shared within a file. */
export function newId(): string {
  return `task-${crypto.randomUUID()}`;
}

interface CallOptions {
  /** Sent as the JSON body. */
  readonly json?: unknown;
  /** Sent as the body as it is. */
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * A request to the running Worker, as a client would send it. Whatever it answers has to be as
 * openapi.json says.
 */
export async function call(
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Response> {
  const { json, body = JSON.stringify(json), ...rest } = options;
  const response = await exports.default.fetch(`https://localhost${path}`, {
    method,
    ...(body !== undefined && { body }),
    ...rest,
  });
  await checkAnswer(method, path, response);
  return response;
}

/** The header that carries a token. */
export function bearer(token: string): { readonly Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}

interface Token {
  readonly scope?: string;
  readonly tasks?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly expiresInSeconds?: number;
}

/** A token signed with the secret: by default for everything, for an hour. */
export function mint(secret: string, token: Token = {}): Promise<string> {
  const { scope = "admin", tasks = ["*"], claims = {}, expiresInSeconds = 3600 } = token;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const exp = nowSeconds + expiresInSeconds;
  const all: Record<string, unknown> = { sub: "tester", exp, scope, tasks, ...claims };
  return new SignJWT(all)
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

type Binding = "TASKS" | "BULK" | "QUEUES" | "DIRECTORY_SHARDS" | "TEST_RATE_LIMITER";
type Settings = Partial<Omit<Cloudflare.Env, Binding>>;

/** The service with these settings until the end of the test; the Worker reads them at every request. */
export function withSettings(settings: Settings): void {
  const before = { ...env };
  Object.assign(env, settings);
  onTestFinished(() => {
    for (const name of Object.keys(settings)) Reflect.deleteProperty(env, name);
    Object.assign(env, before);
  });
}

/** The secret of the closed service. */
const SECRET = "a secret of at least thirty-two bytes";

/** The service as it is deployed, until the end of the test: only who has a token of its secret gets in. */
export function closedService(): string {
  withSettings({ AUTH: undefined, AUTH_SECRET: SECRET });
  return SECRET;
}

/** The task in an answer, which must have this status code and the headers of every such answer. */
export async function taskInAnswer(
  answer: Response | Promise<Response>,
  status: number,
): Promise<TaskState> {
  const response = await answer;
  const task = await response.json<TaskState>();
  expect(response.status, JSON.stringify(task)).toBe(status);
  expect(response.headers.get("Content-Type")).toBe("application/json");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(response.headers.get("ETag")).toBe(`W/"${task.revision}"`);
  return task;
}

/** The problem in an answer (RFC 9457), which must have this status code and be of this kind. */
export async function problemInAnswer(
  answer: Response | Promise<Response>,
  status: number,
  kind: ProblemKind,
): Promise<Problem> {
  const response = await answer;
  const problem = await response.json<Problem>();
  expect(response.status, JSON.stringify(problem)).toBe(status);
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(problem).toMatchObject({
    type: `urn:edge-canceler:problem:${kind}`,
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
  });
  return problem;
}

/** What the service logs as an error during this test; it does not reach the terminal. */
export function loggedErrors(): readonly unknown[][] {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  return log.mock.calls;
}

/** The Durable Object of a task. */
export function objectOf(id: string): DurableObjectStub {
  return env.TASKS.getByName(id);
}

/** Runs something inside the object of a task, where its storage and its sockets can be seen. */
export function inObject<Result>(
  id: string,
  look: (state: DurableObjectState) => Result | Promise<Result>,
): Promise<Result> {
  return runInDurableObject(objectOf(id), (_, state) => look(state));
}

interface Stored {
  readonly rows: ReadonlyMap<string, unknown>;
  readonly alarmAtMs: number | null;
}

/** Everything that the object of a task has on disk. */
export function stored(id: string): Promise<Stored> {
  return inObject(id, async ({ storage }) => ({
    rows: await storage.list(),
    alarmAtMs: await storage.getAlarm(),
  }));
}

/** Whatever a request could have left behind in the object of a task: rows, alarm, watchers. */
export async function everythingOf(id: string): Promise<unknown> {
  const sockets = await inObject(id, (state) => state.getWebSockets().length);
  return { ...(await stored(id)), sockets };
}

/** Rings the alarm of a task's object now, if one is armed; says whether one was. */
export function ring(id: string): Promise<boolean> {
  return runDurableObjectAlarm(objectOf(id));
}

/**
 * How a test waits for what nobody tells it of. The limit only has the failure say what did not happen,
 * before the limit of the test says nothing: however busy the machine is, it must not be met.
 */
export const PATIENCE = { interval: 5, timeout: 30_000 };

/** Waits until so many watches of a task are parked, no more and no fewer. */
export async function parked(id: string, count: number): Promise<void> {
  const isSo = () =>
    inObject(id, (state) => {
      const open = state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
      return open.length === count;
    });
  await vi.waitUntil(isSo, PATIENCE);
}

/**
 * Brings a new task to a status; the holder of its one attempt is `holder-1`. The commands go to the
 * object itself: the test pool's way through the Worker gets slower with every request of a file.
 */
export function bring(
  id: string,
  status: Exclude<TaskStatus, "timed_out">,
  settings: DeclareRequest = {},
): Promise<TaskState> {
  return runInDurableObject(objectOf(id), async (object) => {
    assert(object instanceof TaskObject);
    let task: TaskState | null = null;
    for (const command of commandsTo(status, settings)) {
      const answer = await object.command(command);
      assert(answer.kind === "changed");
      task = answer.task;
    }
    assert(task?.status === status);
    return task;
  });
}

function commandsTo(
  status: Exclude<TaskStatus, "timed_out">,
  settings: DeclareRequest,
): TaskCommand[] {
  switch (status) {
    case "pending": {
      const {
        timeoutSeconds = null,
        gracePeriodSeconds = null,
        retentionSeconds = null,
        metadata = {},
      } = settings;
      return [{ type: "declare", timeoutSeconds, gracePeriodSeconds, retentionSeconds, metadata }];
    }
    case "running":
      return [...commandsTo("pending", settings), { type: "start", holder: "holder-1" }];
    case "cancelling":
      return [
        ...commandsTo("running", settings),
        { type: "cancel", reason: null, requestedBy: null, gracePeriodSeconds: null },
      ];
    case "succeeded":
    case "failed":
    case "cancelled":
      return [
        ...commandsTo(status === "cancelled" ? "cancelling" : "running", settings),
        { type: "finish", attempt: 1, holder: null, status, result: null, error: null },
      ];
  }
}
