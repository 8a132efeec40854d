import { describe, expect, it, vi } from "vitest";
import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFailedError,
  type TaskRun,
  type TaskState,
  type WorkOptions,
} from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { type Exchange, endReport, fakeService, nextReport, pollingClient } from "./harness.ts";
import { abortOf, latch, rejectionOf } from "./suite/harness.ts";
import { cancellingTask, problem, taskState } from "./task-state.ts";

type FakeService = Awaited<ReturnType<typeof fakeService>>;

const CLAIM = ["POST", "/v1/queues/gpu/claim"];

/** A task as a claim gets it. */
function claimed(id: string, differences: Partial<TaskState> = {}): TaskState {
  return taskState(id, { queue: "gpu", input: { n: 1 }, ...differences });
}

/** The next request that is a claim. */
async function nextClaim(service: FakeService): Promise<Exchange> {
  const exchange = await nextReport(service.requests);
  expect([exchange.method, exchange.path]).toEqual(CLAIM);
  return exchange;
}

async function holderOf(claim: Exchange): Promise<unknown> {
  return Object(await claim.body()).holder;
}

describe("a worker of a queue", () => {
  const clock = fakeClockInEachTest();

  /** A worker whose runs each wait to be told how to end. */
  function startWorker(service: FakeService, options: WorkOptions = {}) {
    const shutdown = new AbortController();
    const onError = vi.fn();
    const runs = new Map<string, { run: TaskRun; end: PromiseWithResolvers<unknown> }>();
    let begun = latch();
    const work = (run: TaskRun) => {
      const end = Promise.withResolvers<unknown>();
      runs.set(run.id, { run, end });
      begun.open();
      begun = latch();
      return end.promise;
    };
    const ended = pollingClient(service.url).work("gpu", work, {
      signal: shutdown.signal,
      onError,
      ...options,
    });
    return {
      ended,
      onError,
      shutdown,
      async run(id: string) {
        while (!runs.has(id)) await begun.opened;
        const found = runs.get(id);
        if (found === undefined) throw new Error(`${id} has not begun`);
        return { ...found.run, ...found.end };
      },
    };
  }

  /** Lets a worker go home whose work is done: it may report that, and gets no task any more. */
  async function goHome(service: FakeService, worker: ReturnType<typeof startWorker>) {
    worker.shutdown.abort();
    let isOver = false;
    const over = worker.ended.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const exchange = await Promise.race([service.requests.next(), over]);
      const [, , , id = "", command] = exchange?.path.split("/") ?? [];
      if (command === "finish") exchange?.answer(200, claimed(id, { status: "succeeded" }));
      else exchange?.answer(204, "");
    }
  }

  it("claims a task, runs it with its input, reports its result, and claims the next one", async () => {
    await using service = await fakeService();
    const worker = startWorker(service, { leaseSeconds: 30 });
    const claim = await nextClaim(service);
    // A third of the lease, so that most of it is left when the answer comes.
    expect(claim.query.get("wait")).toBe("10");
    const body = await claim.body();
    expect(body).toEqual({ holder: expect.any(String), leaseSeconds: 30 });
    claim.answer(200, claimed("a", { attempt: 2, progress: { epoch: 3 } }));
    const run = await worker.run("a");
    expect(run).toMatchObject({ attempt: 2, input: { n: 1 }, progress: { epoch: 3 } });
    const poll = await service.requests.next();
    expect([poll.path, poll.query.get("attempt")]).toEqual(["/v1/tasks/a", "2"]);
    expect(body).toMatchObject({ holder: poll.query.get("holder") });
    run.resolve({ loss: 0.1 });
    const report = await nextReport(service.requests);
    expect(report.path).toBe("/v1/tasks/a/finish");
    expect(await report.body()).toEqual({
      attempt: 2,
      holder: Object(body).holder,
      status: "succeeded",
      result: { loss: 0.1 },
    });
    report.answer(200, claimed("a", { status: "succeeded" }));
    const next = await nextClaim(service);
    expect(await holderOf(next)).not.toBe(Object(body).holder);
    next.answer(204, "");
    await goHome(service, worker);
    expect(worker.onError).not.toHaveBeenCalled();
  });

  it("never claims more than it has room for, and asks twice at a time where there is much to do", async () => {
    await using service = await fakeService();
    const worker = startWorker(service, { concurrency: 3 });
    const first = await nextClaim(service);
    // What was sent before this would be there first.
    const ping = fetch(`${service.url}/ping`);
    const next = await service.requests.next();
    expect(next.path).toBe("/ping");
    next.answer(204, "");
    await ping;
    first.answer(200, claimed("a"));
    // There may be more, and there is room for two.
    const [second, third] = [await nextClaim(service), await nextClaim(service)];
    second.answer(200, claimed("b"));
    third.answer(200, claimed("c"));
    const c = await worker.run("c");
    await worker.run("b");
    c.resolve(undefined);
    // The first request after three that run is the report of one that does not any more.
    (await nextReport(service.requests)).answer(200, claimed("c", { status: "succeeded" }));
    (await nextClaim(service)).answer(204, "");
    for (const id of ["a", "b"]) (await worker.run(id)).resolve(undefined);
    await goHome(service, worker);
  });

  it("reports what a task throws as its failure, tells onError, and goes on", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    (await nextClaim(service)).answer(200, claimed("a"));
    const failure = new RangeError("out of memory");
    (await worker.run("a")).reject(failure);
    const report = await nextReport(service.requests);
    expect(await report.body()).toMatchObject({
      status: "failed",
      error: { name: "RangeError", message: "out of memory" },
    });
    report.answer(200, claimed("a", { status: "pending" }));
    (await nextClaim(service)).answer(200, claimed("b"));
    (await worker.run("b")).reject(
      new TaskFailedError("full", { error: { disk: 7 }, retry: false, retryAfterSeconds: 5 }),
    );
    const second = await nextReport(service.requests);
    expect(await second.body()).toMatchObject({
      status: "failed",
      error: { disk: 7 },
      retry: false,
      retryAfterSeconds: 5,
    });
    second.answer(200, claimed("b", { status: "failed" }));
    (await nextClaim(service)).answer(204, "");
    await goHome(service, worker);
    expect(worker.onError.mock.calls).toEqual([[failure], [expect.any(TaskFailedError)]]);
  });

  it("tells onError of a task that fails because a run inside it was cancelled", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    (await nextClaim(service)).answer(200, claimed("a"));
    const { cancellation } = cancellingTask("b");
    if (cancellation === null) expect.fail();
    const failure = new TaskCancelledError("b", cancellation);
    (await worker.run("a")).reject(failure);
    (await nextReport(service.requests)).answer(200, claimed("a"));
    (await nextReport(service.requests)).answer(200, claimed("a", { status: "failed" }));
    (await nextClaim(service)).answer(204, "");
    await goHome(service, worker);
    expect(worker.onError.mock.calls).toEqual([[failure]]);
  });

  it("stops a task that is cancelled, acknowledges that, and goes on without a word", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    (await nextClaim(service)).answer(200, claimed("a"));
    const run = await worker.run("a");
    (await service.requests.next()).answer(200, cancellingTask("a"));
    run.reject(await abortOf(run.signal));
    const report = await nextReport(service.requests);
    expect(await report.body()).toMatchObject({ status: "cancelled" });
    report.answer(200, cancellingTask("a", { status: "cancelled" }));
    (await nextClaim(service)).answer(204, "");
    await goHome(service, worker);
    expect(worker.onError).not.toHaveBeenCalled();
  });

  it.each([
    ["that the service does not take", [[[]]], true],
    ["that is too long to be sent", "ä".repeat(20_000), false],
    ["that is not JSON", 1n, false],
    ["that JSON leaves out", () => {}, false],
  ])("reports a success with a result %s without it, and tells onError", async (...its) => {
    const [, result, isSent] = its;
    await using service = await fakeService();
    const worker = startWorker(service);
    (await nextClaim(service)).answer(200, claimed("a"));
    (await worker.run("a")).resolve(result);
    if (isSent) {
      const whole = await nextReport(service.requests);
      expect(await whole.body()).toMatchObject({ status: "succeeded", result });
      whole.answer(400, problem("bad-request", 400, "The body is nested too deep."));
    }
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(endReport("succeeded"));
    report.answer(200, claimed("a", { status: "succeeded" }));
    (await nextClaim(service)).answer(204, "");
    await goHome(service, worker);
    expect(worker.onError.mock.calls).toEqual([[expect.any(Error)]]);
  });

  it("repeats a claim that failed under the same name, with back-off, and as late as the service wants", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    const first = await nextClaim(service);
    const holder = await holderOf(first);
    first.reset();
    await clock.ring(250);
    const second = await nextClaim(service);
    expect(await holderOf(second)).toBe(holder);
    second.answer(503, "", { "Retry-After": "7" });
    await clock.ring(7500);
    const third = await nextClaim(service);
    expect(await holderOf(third)).toBe(holder);
    third.answer(200, claimed("a"));
    (await worker.run("a")).resolve(undefined);
    (await nextReport(service.requests)).answer(200, claimed("a", { status: "succeeded" }));
    (await nextClaim(service)).answer(204, "");
    await goHome(service, worker);
    expect(worker.onError).not.toHaveBeenCalled();
  });

  it("tells onError when it has got no answer for half a minute, and asks on", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    for (const pauseMs of [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000]) {
      (await nextClaim(service)).answer(502, "");
      await clock.ring(pauseMs);
    }
    expect(worker.onError).not.toHaveBeenCalled();
    (await nextClaim(service)).answer(502, "");
    await clock.ring(5000);
    (await nextClaim(service)).answer(204, "");
    await goHome(service, worker);
    expect(worker.onError.mock.calls).toEqual([[expect.any(ServiceUnreachableError)]]);
  });

  it("rejects if its first claim is refused", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    (await nextClaim(service)).answer(403, problem("forbidden", 403, "it may not claim"));
    expect(await rejectionOf(worker.ended)).toMatchObject({ message: "it may not claim" });
    expect(service.requests.left).toBe(0);
  });

  it("goes on if a later claim is refused, and tells onError", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    (await nextClaim(service)).answer(204, "");
    await clock.ring(500);
    (await nextClaim(service)).answer(401, problem("unauthorized", 401, "the token has expired"));
    await clock.ring(250);
    (await nextClaim(service)).answer(200, claimed("a"));
    (await worker.run("a")).resolve(undefined);
    (await nextReport(service.requests)).answer(200, claimed("a", { status: "succeeded" }));
    (await nextClaim(service)).answer(204, "");
    await goHome(service, worker);
    expect(worker.onError.mock.calls).toEqual([[expect.any(RequestRefusedError)]]);
  });

  it("that shuts down recalls the claim that is parked, and gives back what either of them gets", async () => {
    await using service = await fakeService();
    const worker = startWorker(service, { leaseSeconds: 3600 });
    const parked = await nextClaim(service);
    expect(parked.query.get("wait")).toBe("20");
    const holder = await holderOf(parked);
    worker.shutdown.abort();
    const recall = await nextClaim(service);
    expect([recall.query.get("wait"), await holderOf(recall)]).toEqual(["0", holder]);
    parked.answer(200, claimed("a"));
    const release = await nextReport(service.requests);
    expect(release.path).toBe("/v1/tasks/a/release");
    expect(await release.body()).toEqual({ attempt: 1, holder });
    release.answer(200, claimed("a", { status: "pending" }));
    recall.answer(200, claimed("a"));
    const again = await nextReport(service.requests);
    again.answer(409, problem("stale-attempt", 409, "it was given back"));
    await worker.ended;
    expect(worker.onError).not.toHaveBeenCalled();
    expect(service.requests.left).toBe(0);
  });

  it("that shuts down recalls a claim again that its first recall has overtaken", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    const late = await nextClaim(service);
    worker.shutdown.abort();
    (await nextClaim(service)).answer(204, "");
    await clock.ring(500);
    const recall = await nextClaim(service);
    expect(await holderOf(recall)).toBe(await holderOf(late));
    late.answer(204, "");
    recall.answer(204, "");
    await worker.ended;
  });

  it("that shuts down lets what runs come to its end, and claims nothing any more", async () => {
    await using service = await fakeService();
    const worker = startWorker(service);
    (await nextClaim(service)).answer(200, claimed("a"));
    const run = await worker.run("a");
    worker.shutdown.abort();
    await clock.timer(30_000);
    clock.pass(29_999);
    expect(run.signal.aborted).toBe(false);
    run.resolve("done");
    const report = await nextReport(service.requests);
    expect(await report.body()).toMatchObject({ status: "succeeded", result: "done" });
    report.answer(200, claimed("a", { status: "succeeded" }));
    await worker.ended;
    expect(worker.onError).not.toHaveBeenCalled();
  });

  it.each([
    ["when its time is over", 5000],
    ["as soon as somebody is in a hurry", 0],
  ])("that shuts down gives back what still runs %s", async (_name, passMs) => {
    await using service = await fakeService();
    const hurry = new AbortController();
    const worker = startWorker(service, { drainSeconds: 5, hurry: hurry.signal });
    (await nextClaim(service)).answer(200, claimed("a", { maxAttempts: 3 }));
    const run = await worker.run("a");
    worker.shutdown.abort(new Error("the machine goes down"));
    await clock.timer(5000);
    expect(run.signal.aborted).toBe(false);
    if (passMs > 0) clock.pass(passMs);
    else hurry.abort();
    expect(await abortOf(run.signal)).toMatchObject({ message: "the machine goes down" });
    run.reject(run.signal.reason);
    const release = await nextReport(service.requests);
    expect(release.path).toBe("/v1/tasks/a/release");
    release.answer(200, claimed("a", { status: "pending" }));
    await worker.ended;
    expect(worker.onError).not.toHaveBeenCalled();
  });

  it("in a hurry gives its last claims 5 s, so that none gets a task for nobody", async () => {
    await using service = await fakeService();
    const hurry = new AbortController();
    const worker = startWorker(service, { hurry: hurry.signal });
    const parked = await nextClaim(service);
    worker.shutdown.abort();
    await nextClaim(service);
    hurry.abort();
    await clock.timer(5000);
    clock.pass(4999);
    parked.answer(200, claimed("a"));
    const release = await nextReport(service.requests);
    expect(release.path).toBe("/v1/tasks/a/release");
    release.answer(200, claimed("a", { status: "pending" }));
    // The recall has got no answer.
    clock.pass(1);
    await worker.ended;
  });

  it.each([0, 1.5, Number.NaN])("of no sensible size (%s) is refused", async (concurrency) => {
    await using service = await fakeService();
    const { ended } = startWorker(service, { concurrency });
    expect(await rejectionOf(ended)).toBeInstanceOf(TypeError);
  });
});
