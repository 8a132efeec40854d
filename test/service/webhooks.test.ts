import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { assert, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { newTask } from "../../src/tasks/task.ts";
import { toTaskState } from "../../src/tasks/task-state.ts";
import { announce, forgetKnownWebhooks } from "../../src/webhooks/announce.ts";
import type { TaskState } from "../../worker-client/protocol.ts";
import type { WebhookDelivery, WebhookState } from "../../worker-client/protocol-webhooks.ts";
import { clock } from "./clock.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  inObject,
  mint,
  newId,
  PATIENCE,
  problemInAnswer,
  withSettings,
} from "./harness.ts";

const URL = "https://hooks.example.com/task";

const registry = () => env.WEBHOOK_REGISTRY.getByName("webhooks");

let hook: ReturnType<typeof receiver>;

beforeEach(async () => {
  withSettings({ WEBHOOK_HOSTS: "hooks.example.com,*.example.org" });
  await runInDurableObject(registry(), (_, { storage }) => storage.deleteAll());
  forgetKnownWebhooks();
  hook = receiver(200);
  onTestFinished(() => hook[Symbol.dispose]());
  onTestFinished(endWebhooks);
});

/** The webhooks of this test. */
const webhookIds = new Set<string>();

const put = (id: string, json: object = { url: URL }, headers = {}) => {
  webhookIds.add(id);
  return call("PUT", `/v1/webhooks/${id}`, { json, headers });
};

/** Or what a test has left undelivered is tried again seconds later, at the receiver of another test. */
async function endWebhooks(): Promise<void> {
  for (const id of webhookIds) {
    await runInDurableObject(env.WEBHOOKS.getByName(id), async (_, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
  }
  webhookIds.clear();
}

async function made(id = newId(), settings: object = {}): Promise<Required<WebhookState>> {
  const response = await put(id, { url: URL, ...settings });
  expect(response.status).toBe(201);
  return response.json();
}

/** Waits until the last event was tried so often; an alarm that is due rings by itself, too. */
async function tried(id: string, tries = 1): Promise<void> {
  await runDurableObjectAlarm(env.WEBHOOKS.getByName(id));
  const isTried = async () => ((await deliveriesOf(id))[0]?.tries ?? 0) >= tries;
  await vi.waitUntil(isTried, PATIENCE);
}

const deliveriesOf = async (id: string): Promise<WebhookDelivery[]> => {
  const response = await call("GET", `/v1/webhooks/${id}/deliveries`);
  const { deliveries } = await response.json<{ deliveries: WebhookDelivery[] }>();
  return deliveries;
};

/** Something that has happened to a task that no other test has. */
function event(taskId = newId()) {
  const state = toTaskState(taskId, newTask(Date.now()), 0);
  return { event: "task.ended", atMs: Date.now(), state } as const;
}

interface Received {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly init: RequestInit | undefined;
}

/** A receiver that gives these answers, the last one again and again; returns what it gets. */
function receiver(...answers: (number | Response | "none")[]) {
  const requests: Received[] = [];
  const fake = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const headers = Object.fromEntries(new Headers(init?.headers));
    requests.push({ url: String(input), body: String(init?.body), headers, init });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === "none") {
      return new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    }
    return typeof answer === "number"
      ? new Response(null, { status: answer })
      : (answer ?? Response.error());
  });
  return { requests, [Symbol.dispose]: () => fake.mockRestore() };
}

describe("a webhook", () => {
  it("is made, read, listed, changed and deleted", async () => {
    const id = newId();
    const response = await put(id, { url: URL, events: ["task.cancelling"], prefix: "train-" });
    expect(response.status).toBe(201);
    expect(response.headers.get("Location")).toBe(`/v1/webhooks/${id}`);
    const { secret, ...webhook } = await response.json<WebhookState>();
    expect(secret).toMatch(/^whsec_/);
    expect(webhook).toEqual({
      id,
      url: URL,
      events: ["task.cancelling"],
      prefix: "train-",
      queue: null,
      createdAt: expect.stringMatching(/Z$/),
      disabledAt: null,
      disabledReason: null,
      earlierSecretUntil: null,
      waiting: 0,
      dropped: 0,
    });
    expect(await (await call("GET", `/v1/webhooks/${id}`)).json()).toEqual(webhook);
    const changed = await put(id, { url: URL, queue: "gpu" });
    expect([changed.status, await changed.json()]).toEqual([
      200,
      { ...webhook, prefix: null, queue: "gpu", events: expect.any(Array) },
    ]);
    const list = async () =>
      (await (await call("GET", "/v1/webhooks")).json<{ webhooks: WebhookState[] }>()).webhooks;
    expect((await list()).map((one) => one.id)).toContain(id);
    expect((await call("DELETE", `/v1/webhooks/${id}`)).status).toBe(204);
    expect((await list()).map((one) => one.id)).not.toContain(id);
    await problemInAnswer(call("GET", `/v1/webhooks/${id}`), 404, "webhook-unknown");
    expect((await call("DELETE", `/v1/webhooks/${id}`)).status).toBe(204);
  });

  it("gets an event once that it names twice", async () => {
    const events = ["task.ended", "task.started", "task.ended", "task.ended"];
    expect((await made(newId(), { events })).events).toEqual(["task.started", "task.ended"]);
  });

  it("takes a secret of the caller's own, and shows a rotated one once", async () => {
    const id = newId();
    const secret = `whsec_${btoa("a secret of 24 bytes, as")}`;
    expect((await made(id, { secret })).secret).toBe(secret);
    expect(await (await put(id, { url: URL, secret })).json()).not.toHaveProperty("secret");
    const rotated = await (await put(id, { url: URL, rotateSecret: true })).json<WebhookState>();
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.earlierSecretUntil).not.toBeNull();
  });

  it.each([
    [{}, 'The field "url" is missing'],
    [{ url: 7 }, 'The field "url" must be a URL'],
    [{ url: "https://evil.example/" }, "hooks.example.com, *.example.org), not"],
    [{ url: "http://hooks.example.com/" }, "must begin with https://"],
    [{ url: "https://169.254.169.254/" }, "must be at one of the hosts"],
    [
      { url: "https://me:geheim@hooks.example.com/" },
      'The field "url" must not contain a user name or password: events are signed.',
    ],
    [{ url: "http://localhost:9000/" }, "Add localhost to it if events may be sent"],
    [{ url: URL, events: [] }, "must be a list of one or more of task.started"],
    [{ url: URL, events: ["task.paused"] }, "must be a list of one or more of task.started"],
    [{ url: URL, prefix: "" }, 'The field "prefix" must not be empty.'],
    [{ url: URL, prefix: "a b" }, 'The field "prefix" must be'],
    [{ url: URL, queue: ".." }, 'The field "queue" must be'],
    [{ url: URL, secret: "whsec_c2hvcnQ=" }, 'The field "secret" must be whsec_'],
    [
      { url: URL, secret: "geheim" },
      'The field "secret" must be whsec_ and 24 to 64 bytes in base64.',
    ],
    [{ url: URL, rotateSecret: "yes" }, "must be true or false"],
    [{ url: URL, headers: {} }, 'The field "headers" is unknown'],
  ])("is not made by %j, and the answer says why", async (settings, words) => {
    const id = newId();
    const { detail } = await problemInAnswer(put(id, settings), 400, "bad-request");
    expect(detail).toContain(words);
    expect(detail).not.toMatch(/geheim|must not .*, not/);
    await problemInAnswer(call("GET", `/v1/webhooks/${id}`), 404, "webhook-unknown");
  });

  it.each([undefined, "", "hooks.example.com,*"])(
    "cannot be made while WEBHOOK_HOSTS is %j, but deleted",
    async (hosts) => {
      const id = newId();
      await made(id);
      withSettings({ WEBHOOK_HOSTS: hosts });
      for (const [method, path] of [
        ["PUT", ""],
        ["POST", "/test"],
        ["POST", "/deliveries/1/redeliver"],
      ] as const) {
        const answer = call(method, `/v1/webhooks/${id}${path}`, { json: { url: URL } });
        const { detail } = await problemInAnswer(answer, 409, "webhooks-off");
        expect(detail).toContain("WEBHOOK_HOSTS");
      }
      expect((await call("DELETE", `/v1/webhooks/${id}`)).status).toBe(204);
    },
  );

  it("is one of at most 50", async () => {
    const known = newId();
    await made(known);
    const others = Array.from({ length: 49 }, newId);
    await runInDurableObject(registry(), (_, { storage }) => {
      for (const id of others) storage.kv.put(id, { id, revision: 1 });
    });
    const id = newId();
    await problemInAnswer(put(id), 409, "too-many-webhooks");
    await problemInAnswer(call("GET", `/v1/webhooks/${id}`), 404, "webhook-unknown");
    expect((await put(known)).status).toBe(200);
    expect((await call("DELETE", `/v1/webhooks/${known}`)).status).toBe(204);
    await made(id);
  });
});

describe("an event", () => {
  it("is sent until it is taken, with a signature that the library verifies", async () => {
    clock.stop();
    const { id, secret } = await made();
    using hook = receiver(500, 500, 500, 204);
    const happened = event();
    await announce(env, happened);
    await announce(env, happened);
    for (const [index, seconds] of [0, 6, 331, 1981].entries()) {
      clock.advance(seconds);
      await tried(id, index + 1);
    }
    clock.advance(10_000);
    expect(await runDurableObjectAlarm(env.WEBHOOKS.getByName(id))).toBe(false);
    expect(hook.requests).toHaveLength(4);
    const ids = hook.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(1);
    const last = hook.requests.at(-1);
    assert(last);
    clock.advance(-10_000);
    expect(new Webhook(secret).verify(last.body, last.headers)).toEqual({
      type: "task.ended",
      timestamp: new Date(happened.atMs).toISOString(),
      data: happened.state,
    });
    expect(last.headers["content-type"]).toBe("application/json");
    expect([last.url, last.init?.method, last.init?.redirect]).toEqual([URL, "POST", "manual"]);
    expect(await deliveriesOf(id)).toMatchObject([{ id: ids[0], status: "delivered", tries: 4 }]);
  });

  it("happens at each turn of a task's life that a webhook is told of", async () => {
    const { id } = await made();
    const task = newId();
    await bring(task, "cancelled", { metadata: { model: "large" } });
    const types = ["task.ended", "task.cancelling", "task.started"];
    const told = async () => (await deliveriesOf(id)).filter(({ taskId }) => taskId === task);
    await vi.waitUntil(async () => (await told()).length === 3, PATIENCE);
    const deliveries = await told();
    expect(deliveries.map(({ type }) => type).sort()).toEqual(types.sort());
    const read = await call("GET", `/v1/tasks/${task}`);
    const { revision } = await read.json<TaskState>();
    await vi.waitUntil(
      async () => (await told()).every(({ status }) => status === "delivered"),
      PATIENCE,
    );
    const bodies = hook.requests.map(({ body }) => JSON.parse(body));
    const ended = bodies.find(({ type, data }) => type === "task.ended" && data.id === task);
    expect(ended.data).toMatchObject({
      status: "cancelled",
      revision,
      metadata: { model: "large" },
    });
    // Nothing is left in the task's outbox, so it can be forgotten.
    expect((await call("DELETE", `/v1/tasks/${task}`)).status).toBe(204);
  });

  it("costs a task nothing while no webhook wants it", async () => {
    await made(newId(), { prefix: "elsewhere-" });
    await announce(env, event());
    const task = newId();
    await bring(task, "running");
    using put = await inObject(task, ({ storage }) => vi.spyOn(storage.kv, "put"));
    await call("POST", `/v1/tasks/${task}/cancel`);
    expect(put).toHaveBeenCalledTimes(1);
    // Or the end of its grace period, half a minute from now, is told to the webhook of another test.
    const json = { attempt: 1, status: "cancelled" };
    await call("POST", `/v1/tasks/${task}/finish`, { json });
  });

  it.each([
    [302, "it redirects"],
    [410, "410"],
    [503, "503"],
  ])("that is answered with %d is not delivered", async (status, error) => {
    const { id } = await made();
    using hook = receiver(
      new Response(null, { status, headers: { Location: "https://evil.example/" } }),
    );
    await announce(env, event());
    await tried(id);
    expect(hook.requests.map(({ url }) => url)).toEqual([URL]);
    expect(await deliveriesOf(id)).toMatchObject([
      {
        status: status === 410 ? "failed" : "waiting",
        answerStatus: status,
        error: expect.stringContaining(error),
      },
    ]);
    const { disabledReason } = await (await call("GET", `/v1/webhooks/${id}`)).json<WebhookState>();
    expect(disabledReason).toBe(status === 410 ? "gone" : null);
  });

  it.each([
    ["a number", () => "120", 120],
    ["a long number", () => "99999999999", 3600],
    ["no wait at all", () => "0", 5],
    ["a date", (nowMs: number) => new Date(nowMs + 120_000).toUTCString(), 120],
    ["a date that has passed", (nowMs: number) => new Date(nowMs - 1000).toUTCString(), 5],
    ["neither", () => "soon", 5],
  ])("waits as long as Retry-After says, up to an hour: %s", async (_, header, seconds) => {
    const { id } = await made();
    const headers = { "Retry-After": header(clock.stop()) };
    using _hook = receiver(new Response(null, { status: 503, headers }));
    await announce(env, event());
    await tried(id);
    // Another event waits as long as the whole webhook does.
    await announce(env, event());
    const [other, { triedAt } = { triedAt: null }] = await deliveriesOf(id);
    assert(other?.nextTryAt && triedAt);
    expect(Date.parse(other.nextTryAt) - Date.parse(triedAt)).toBe(seconds * 1000);
  });

  it.each([
    ["Network connection lost.", "Network connection lost."],
    ["internal error; reference = 0abc", "check its host name, its certificate,"],
  ])("that fails with %j says what is wrong", async (message, said) => {
    const { id } = await made();
    const failing = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error(message));
    onTestFinished(() => failing.mockRestore());
    await announce(env, event());
    await tried(id);
    const [delivery] = await deliveriesOf(id);
    expect(delivery?.error).toContain(`cannot be reached: ${said}`);
  });

  it("that is not answered within 15 s is not delivered", async () => {
    clock.stop();
    const { id } = await made();
    using _ = receiver("none");
    await announce(env, event());
    const rung = tried(id);
    await clock.timers(1);
    clock.advance(15);
    await rung;
    expect(await deliveriesOf(id)).toMatchObject([
      { status: "waiting", answerStatus: null, error: "no answer within 15 s" },
    ]);
  });

  it("is delivered by an answer without end, of which 4 KiB are read", async () => {
    const { id } = await made();
    let sent = 0;
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1024;
        controller.enqueue(new Uint8Array(1024));
      },
      cancel() {
        isCancelled = true;
      },
    });
    using _ = receiver(new Response(endless));
    await announce(env, event());
    await tried(id);
    expect(await deliveriesOf(id)).toMatchObject([{ status: "delivered" }]);
    expect([isCancelled, sent <= 6 * 1024]).toEqual([true, true]);
  });

  it.each([
    ["other.example.com", "its URL must be at one of the hosts that WEBHOOK_HOSTS lists"],
    [undefined, "WEBHOOK_HOSTS turns webhooks off"],
    ["*", "WEBHOOK_HOSTS turns webhooks off"],
  ])("is not sent to a host that is no longer listed: %s", async (hosts, why) => {
    const { id } = await made();
    using hook = receiver(200);
    await announce(env, event());
    withSettings({ WEBHOOK_HOSTS: hosts });
    await tried(id);
    expect(hook.requests).toEqual([]);
    const [delivery] = await deliveriesOf(id);
    expect(delivery?.error).toContain(`not sent: ${why}`);
  });
});

describe("POST …/test and …/redeliver", () => {
  it("send at once, and tell what came of it", async () => {
    const { id } = await made();
    using hook = receiver(418, 200);
    const test = async () =>
      (await call("POST", `/v1/webhooks/${id}/test`)).json<WebhookDelivery>();
    expect(await test()).toMatchObject({ status: "failed", answerStatus: 418, taskId: null });
    const delivered = await test();
    expect(delivered).toMatchObject({ status: "delivered", error: null, tries: 1 });
    const path = `/v1/webhooks/${id}/deliveries/${delivered.id}/redeliver`;
    const again = await call("POST", path);
    expect([again.status, await again.json()]).toMatchObject([202, { status: "waiting" }]);
    await tried(id);
    expect(hook.requests).toHaveLength(3);
    await problemInAnswer(call("POST", path.replace("msg_", "x")), 404, "delivery-unknown");
    const malformed = call("POST", path.replace("msg_", "%ZZ"));
    const { detail } = await problemInAnswer(malformed, 404, "delivery-unknown");
    expect(detail).toContain('no delivery "%ZZ');
  });
});

const ROUTES = [
  ["GET", ""],
  ["PUT", "/ID"],
  ["GET", "/ID"],
  ["DELETE", "/ID"],
  ["POST", "/ID/test"],
  ["GET", "/ID/deliveries"],
  ["POST", "/ID/deliveries/1/redeliver"],
] as const;

describe("a token", () => {
  it.each(["watch", "work", "cancel", "declare", ""])(
    "with the scope %j is of no use for webhooks",
    async (scope) => {
      const headers = bearer(await mint(closedService(), { scope }));
      for (const [method, path] of ROUTES) {
        const answer = call(method, `/v1/webhooks${path.replace("ID", "1")}`, { headers });
        const { detail } = await problemInAnswer(answer, 403, "forbidden");
        expect(detail).toContain('"admin"');
      }
    },
  );

  it("reaches the webhooks of the tasks that it names, and no others", async () => {
    const secret = closedService();
    const all = bearer(await mint(secret));
    const some = bearer(await mint(secret, { tasks: ["train-*", "job-1"] }));
    const gpu = bearer(await mint(secret, { tasks: [], claims: { queues: ["gpu"] } }));
    const [ours, theirs] = [newId(), newId()];
    expect((await put(ours, { url: URL, prefix: "train-a" }, some)).status).toBe(201);
    expect((await put(theirs, { url: URL }, all)).status).toBe(201);
    for (const prefix of [null, "trai", "job-1", "build-"]) {
      await problemInAnswer(put(newId(), { url: URL, prefix }, some), 403, "forbidden");
    }
    expect((await put(newId(), { url: URL, queue: "gpu" }, gpu)).status).toBe(201);
    for (const queue of [null, "cpu"]) {
      await problemInAnswer(put(newId(), { url: URL, queue }, gpu), 403, "forbidden");
    }
    // Not by making theirs one of ours, either.
    await problemInAnswer(put(theirs, { url: URL, prefix: "train-" }, some), 403, "forbidden");
    const list = await call("GET", "/v1/webhooks", { headers: some });
    const { webhooks } = await list.json<{ webhooks: WebhookState[] }>();
    expect(webhooks.map(({ id }) => id)).toEqual([ours]);
    for (const [method, path] of ROUTES.slice(2).filter(([method]) => method !== "DELETE")) {
      const answer = call(method, `/v1/webhooks${path.replace("ID", theirs)}`, { headers: some });
      await problemInAnswer(answer, 404, "webhook-unknown");
    }
    const gone = await call("DELETE", `/v1/webhooks/${theirs}`, { headers: some });
    expect(gone.status).toBe(204);
    expect((await call("GET", `/v1/webhooks/${theirs}`, { headers: all })).status).toBe(200);
  });
});
