import { describe, expect, it } from "vitest";
import type { QueueState } from "../../worker-client/index.ts";
import { isEnqueueAnswer, isQueueState } from "../../worker-client/wire.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { type Exchange, fakeService, pollingClient } from "./harness.ts";
import { rejectionOf } from "./suite/harness.ts";
import { problem, taskState } from "./task-state.ts";

const STATE: QueueState = {
  queue: "gpu",
  paused: false,
  accepting: true,
  maxRunning: null,
  pending: 3,
  delayed: 1,
  running: 2,
  oldestPendingSeconds: 4.5,
  waitingWorkers: 0,
};
const MADE = { id: "a", outcome: "created", task: taskState("a") };
const REFUSED = { id: "b", problem: problem("bad-request", 400, "priority must be −9 to 9") };

function lineOf({ method, path, query }: Exchange): string {
  return `${method} ${path}${query.size > 0 ? `?${query}` : ""}`;
}

describe("the calls about queues", () => {
  const clock = fakeClockInEachTest();

  it("enqueue sends tasks with their ids, and returns what came of each", async () => {
    await using service = await fakeService();
    const tasks = [{ id: "a", input: { n: 1 }, priority: 5 }, { id: "b" }];
    const made = pollingClient(service.url).enqueue("gpu/a", tasks);
    const exchange = await service.requests.next();
    expect(lineOf(exchange)).toBe("POST /v1/queues/gpu~2Fa/tasks");
    expect(await exchange.body()).toEqual({ tasks });
    exchange.answer(200, { tasks: [MADE, REFUSED] });
    expect(await made).toEqual([MADE, REFUSED]);
  });

  it("enqueue escapes what an id cannot have, and nothing else", async () => {
    await using service = await fakeService();
    const rest = { input: { id: "x/y", parent: "ö" }, metadata: { queue: "a/b" } };
    const made = pollingClient(service.url).enqueue("gpu", [
      { id: "job/1", parent: "größe", ...rest },
    ]);
    const exchange = await service.requests.next();
    expect(await exchange.body()).toEqual({
      tasks: [{ id: "job~2F1", parent: "gr~C3~B6~C3~9Fe", ...rest }],
    });
    const answer = { ...MADE, id: "job~2F1", task: taskState("job~2F1") };
    exchange.answer(200, { tasks: [answer] });
    expect(await made).toEqual([answer]);
  });

  it("a declaration escapes the queue and the parent that it names", async () => {
    await using service = await fakeService();
    const made = pollingClient(service.url).declare("a", { queue: "gpu/a", parent: "b/c" });
    const exchange = await service.requests.next();
    expect(await exchange.body()).toEqual({ queue: "gpu~2Fa", parent: "b~2Fc" });
    exchange.answer(201, taskState("a"));
    expect(await made).toEqual(taskState("a"));
  });

  it("claim returns a task, with whatever holder and lease it was asked for", async () => {
    await using service = await fakeService();
    const options = { holder: "gpu-7", leaseSeconds: 30, waitSeconds: 20 };
    const claim = pollingClient(service.url).claim("gpu", options);
    const exchange = await service.requests.next();
    expect(lineOf(exchange)).toBe("POST /v1/queues/gpu/claim?wait=20");
    expect(await exchange.body()).toEqual({ holder: "gpu-7", leaseSeconds: 30 });
    const task = taskState("a", { queue: "gpu", input: [1, 2] });
    exchange.answer(200, task);
    expect(await claim).toEqual(task);
  });

  it("claim waits as long as it is told to, in waits that no proxy cuts, with one holder", async () => {
    await using service = await fakeService();
    const claim = pollingClient(service.url).claim("gpu", { waitSeconds: 60 });
    const first = await service.requests.next();
    expect(lineOf(first)).toBe("POST /v1/queues/gpu/claim?wait=55");
    const body = await first.body();
    clock.pass(55_000);
    first.answer(204, "");
    const second = await service.requests.next();
    expect(lineOf(second)).toBe("POST /v1/queues/gpu/claim?wait=5");
    expect(await second.body()).toEqual(body);
    clock.pass(5000);
    second.answer(204, "");
    expect(await claim).toBeNull();
  });

  it("queue and setQueue return how the queue is", async () => {
    await using service = await fakeService();
    const tasks = pollingClient(service.url);
    const read = tasks.queue("gpu");
    const get = await service.requests.next();
    expect(lineOf(get)).toBe("GET /v1/queues/gpu");
    get.answer(200, STATE);
    expect(await read).toEqual(STATE);
    const set = tasks.setQueue("gpu", { paused: true, maxRunning: null });
    const put = await service.requests.next();
    expect(lineOf(put)).toBe("PUT /v1/queues/gpu");
    expect(await put.body()).toEqual({ paused: true, maxRunning: null });
    put.answer(200, { ...STATE, paused: true });
    expect(await set).toMatchObject({ paused: true });
  });

  it.each(["", "..", "ä".repeat(60)])("take no queue named %j", async (queue) => {
    const tasks = pollingClient("http://127.0.0.1:9");
    for (const call of [tasks.enqueue(queue, []), tasks.claim(queue), tasks.queue(queue)]) {
      expect(await rejectionOf(call)).toMatchObject({
        name: "TypeError",
        message: expect.stringContaining("is not a valid queue"),
      });
    }
  });
});

describe("the state of a queue", () => {
  it("is taken with whatever a newer service adds", () => {
    expect(isQueueState({ ...STATE, shards: 4 }, "gpu")).toBe(true);
    expect(isQueueState({ ...STATE, maxRunning: 8, oldestPendingSeconds: null }, "gpu")).toBe(true);
  });

  it.each([
    ["of another queue", { queue: "cpu" }],
    ["without a count", { pending: undefined }],
    ["with a text for a count", { running: "2" }],
    ["with half a task", { delayed: 0.5 }],
    ["with no word on whether it is paused", { paused: null }],
    ["with a limit that is none", { maxRunning: -1 }],
    ["with an age that never ends", { oldestPendingSeconds: Number.POSITIVE_INFINITY }],
  ])("is not taken %s", (_name, difference) => {
    expect(isQueueState({ ...STATE, ...difference }, "gpu")).toBe(false);
  });
});

describe("the answer to an enqueue", () => {
  it("is taken with what came of each task, be it escaped on its way", () => {
    expect(isEnqueueAnswer({ tasks: [MADE, REFUSED] }, [{ id: "a" }, { id: "b" }])).toBe(true);
    const escaped = { id: "a~2Fb", outcome: "known", task: taskState("a~2Fb") };
    expect(isEnqueueAnswer({ tasks: [escaped] }, [{ id: "a/b" }])).toBe(true);
  });

  it.each([
    ["that is a page", "<html>"],
    ["without a list", { tasks: {} }],
    ["that leaves one out", { tasks: [MADE] }],
    ["in another order", { tasks: [REFUSED, MADE] }],
    ["with the state of another task", { tasks: [{ ...MADE, task: taskState("c") }, REFUSED] }],
    ["without a state", { tasks: [{ id: "a", outcome: "created" }, REFUSED] }],
    ["with a problem that is none", { tasks: [MADE, { id: "b", problem: "no" }] }],
  ])("is not taken %s", (_name, answer) => {
    expect(isEnqueueAnswer(answer, [{ id: "a" }, { id: "b" }])).toBe(false);
  });
});
