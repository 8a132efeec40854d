import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { ServiceUnreachableError } from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { fakeService, pollingClient } from "./harness.ts";
import { rejectionOf } from "./suite/harness.ts";
import { problem, taskState } from "./task-state.ts";

/** All pauses of a call that is not answered: 27.75 s. The next one would end after the 30 s. */
const PAUSES_MS = [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000];

describe("a call", () => {
  const clock = fakeClockInEachTest();

  it("that has no answer within 10 s is made again", async () => {
    await using service = await fakeService();
    const asked = pollingClient(service.url).get("1234");
    await service.requests.next();
    await clock.timeOut(10_000);
    await clock.ring(250);
    (await service.requests.next()).answer(200, taskState("1234"));
    expect(await asked).toEqual(taskState("1234"));
  });

  it("is made again after every failure, and takes no nonsense for an answer", async () => {
    await using service = await fakeService();
    const asked = pollingClient(service.url).declare("1234");
    for (const [pauseMs, status, body] of [
      [250, 500, "{}"],
      [500, 503, taskState("1234")],
      [1000, 200, "<h1>Welcome</h1>"],
      [2000, 200, taskState("1235")],
    ] as const) {
      (await service.requests.next()).answer(status, body);
      await clock.ring(pauseMs);
    }
    (await service.requests.next()).answer(201, taskState("1234"));
    expect(await asked).toEqual(taskState("1234"));
  });

  it.each([
    [429, "too-many-requests"],
    [503, "closed"],
    [503, "keys-unreachable"],
  ] as const)("is made again after a %i that says %s, when it says", async (status, kind) => {
    await using service = await fakeService();
    const asked = pollingClient(service.url).get("1234");
    const later = problem(kind, status, "Later.");
    (await service.requests.next()).answer(status, later, { "Retry-After": "5" });
    await clock.timer(5250);
    clock.pass(5249);
    expect(service.requests.left).toBe(0);
    clock.pass(1);
    (await service.requests.next()).answer(200, taskState("1234"));
    expect(await asked).toEqual(taskState("1234"));
  });

  it.each([408, 425])("is made again after a %i, which says no for now only", async (status) => {
    await using service = await fakeService();
    const asked = pollingClient(service.url).get("1234");
    (await service.requests.next()).answer(status, "");
    await clock.ring(250);
    (await service.requests.next()).answer(200, taskState("1234"));
    expect(await asked).toEqual(taskState("1234"));
  });

  it("gives up after half a minute, and says what happened last", async () => {
    await using service = await fakeService();
    const failed = rejectionOf(pollingClient(service.url).get("1234"));
    for (const pauseMs of PAUSES_MS) {
      (await service.requests.next()).answer(502, "<h1>Bad Gateway</h1>");
      await clock.ring(pauseMs);
    }
    (await service.requests.next()).reset();
    const error = await failed;
    expect(error).toBeInstanceOf(ServiceUnreachableError);
    expect(error).toMatchObject({
      name: "ServiceUnreachableError",
      message: `no answer from ${service.url}/v1/tasks/1234`,
      cause: expect.any(TypeError),
    });
  });

  it("names the status if that is what happened last", async () => {
    await using service = await fakeService();
    const failed = rejectionOf(pollingClient(service.url).forget("1234"));
    for (const pauseMs of PAUSES_MS) {
      (await service.requests.next()).reset();
      await clock.ring(pauseMs);
    }
    (await service.requests.next()).answer(502, "");
    expect(await failed).toMatchObject({
      message: `${service.url}/v1/tasks/1234 answered with HTTP status 502`,
    });
  });

  it("says so if a page answers in the service's place", async () => {
    await using service = await fakeService();
    const failed = rejectionOf(pollingClient(service.url).start("1234"));
    const page = "<!doctype html><title>Welcome to our network</title>";
    for (const pauseMs of PAUSES_MS) {
      (await service.requests.next()).answer(200, page);
      await clock.ring(pauseMs);
    }
    (await service.requests.next()).answer(200, page);
    expect(await failed).toMatchObject({
      name: "ServiceUnreachableError",
      message: `${service.url}/v1/tasks/1234/start answered with HTTP status 200 and no JSON: perhaps a network's sign-in page`,
    });
  });

  it("is the same when it is made again: a start keeps its holder", async () => {
    await using service = await fakeService();
    const started = pollingClient(service.url).start("1234");
    const lost = await service.requests.next();
    const body = await lost.body();
    expect(body).toEqual({ holder: expect.stringMatching(/^[\da-f-]{36}$/) });
    lost.reset();
    await clock.ring(250);
    const again = await service.requests.next();
    expect(await again.body()).toEqual(body);
    again.answer(200, taskState("1234"));
    await started;
  });

  it("that waits to be made again stops as soon as the caller's signal aborts", async () => {
    await using service = await fakeService();
    const own = new AbortController();
    const asked = rejectionOf(pollingClient(service.url).get("1234", { signal: own.signal }));
    (await service.requests.next()).answer(500, "");
    await clock.timer(250);
    own.abort("never mind");
    expect(await asked).toBe("never mind");
    expect(service.requests.left).toBe(0);
  });

  it("leaves nothing on the caller's signal", async () => {
    await using service = await fakeService();
    const { signal } = new AbortController();
    const asked = pollingClient(service.url).get("1234", { signal });
    (await service.requests.next()).answer(500, "");
    await clock.ring(250);
    (await service.requests.next()).answer(200, taskState("1234"));
    await asked;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("a cancel that waits", () => {
  const clock = fakeClockInEachTest();

  it("asks again and again, each time for less than a minute, until its time is over", async () => {
    await using service = await fakeService();
    const cancelled = pollingClient(service.url).cancel("1234", {
      reason: "wrong data",
      waitSeconds: 120,
    });
    for (const waitSeconds of [55, 55, 10]) {
      const exchange = await service.requests.next();
      expect([exchange.method, exchange.path]).toEqual(["POST", "/v1/tasks/1234/cancel"]);
      expect(exchange.query.get("wait")).toBe(String(waitSeconds));
      expect(await exchange.body()).toEqual({ reason: "wrong data" });
      clock.pass(waitSeconds * 1000);
      exchange.answer(202, taskState("1234", { status: "cancelling" }));
    }
    expect(await cancelled).toMatchObject({ status: "cancelling" });
    expect(service.requests.left).toBe(0);
  });

  it("answers as soon as the task has ended", async () => {
    await using service = await fakeService();
    const cancelled = pollingClient(service.url).cancel("1234", { waitSeconds: 120 });
    const ended = taskState("1234", { status: "failed", endedAt: "2026-08-15T13:00:00.000Z" });
    (await service.requests.next()).answer(200, ended);
    expect(await cancelled).toEqual(ended);
  });

  it("asks again when its line is cut, however long it has waited by then", async () => {
    await using service = await fakeService();
    const cancelled = pollingClient(service.url).cancel("1234", { waitSeconds: 55 });
    const cut = await service.requests.next();
    clock.pass(50_000);
    cut.reset();
    await clock.ring(250);
    const ended = taskState("1234", { status: "failed", endedAt: "2026-08-15T13:00:00.000Z" });
    (await service.requests.next()).answer(200, ended);
    expect(await cancelled).toEqual(ended);
  });

  it("rejects with the caller's own reason, however long it has waited by then", async () => {
    await using service = await fakeService();
    const own = new AbortController();
    const cancelled = rejectionOf(
      pollingClient(service.url).cancel("1234", { waitSeconds: 55, signal: own.signal }),
    );
    await service.requests.next();
    clock.pass(50_000);
    own.abort("nobody waits any more");
    expect(await cancelled).toBe("nobody waits any more");
  });

  it("does not ask in a rush where something answers without waiting", async () => {
    await using service = await fakeService();
    const cancelled = pollingClient(service.url).cancel("1234", { waitSeconds: 60 });
    const cancelling = taskState("1234", { status: "cancelling" });
    for (let asked = 0; asked < 5; asked++) {
      (await service.requests.next()).answer(202, cancelling);
      await clock.timer(500);
      expect(service.requests.left).toBe(0);
      clock.pass(500);
    }
    const ended = taskState("1234", { status: "failed", endedAt: "2026-08-15T13:00:00.000Z" });
    (await service.requests.next()).answer(200, ended);
    expect(await cancelled).toEqual(ended);
  });

  it.each([Number.NaN, -1])("takes no %d for a time to wait", async (waitSeconds) => {
    await using service = await fakeService();
    const cancelled = pollingClient(service.url).cancel("1234", { waitSeconds });
    await expect(cancelled).rejects.toThrow(
      new TypeError(`waitSeconds must be 0 or more, not ${waitSeconds}`),
    );
    expect(service.requests.left).toBe(0);
  });
});
