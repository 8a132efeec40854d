import { describe, expect, it } from "vitest";
import { TaskCancelledError } from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { fakeService, pollingClient } from "./harness.ts";
import { abortOf, latch } from "./suite/harness.ts";
import { cancellingTask, taskState } from "./task-state.ts";

const WAIT_MS = 55_000;

describe("a watch by long polls", () => {
  const clock = fakeClockInEachTest();

  it("asks for nothing known at first, and to be parked just under a minute", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    const { method, path, query } = await service.requests.next();
    expect([method, path]).toEqual(["GET", "/v1/tasks/1234"]);
    expect([query.get("revision"), query.get("wait")]).toEqual(["0", "55"]);
  });

  it("is parked again at once after an answer, and names what it knows: no deaf gap", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    // Time stands still, so whoever waits for anything but an answer waits for ever.
    for (const revision of [1, 2, 3, 4, 5]) {
      (await service.requests.next()).answer(200, taskState("1234", { revision }));
    }
    expect((await service.requests.next()).query.get("revision")).toBe("5");
  });

  it("is parked again at once after a wait without news", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    (await service.requests.next()).answer(200, taskState("1234"));
    for (const __ of [1, 2, 3]) {
      const poll = await service.requests.next();
      expect(poll.query.get("revision")).toBe("1");
      clock.pass(WAIT_MS);
      poll.answer(304, "");
    }
    (await service.requests.next()).answer(200, cancellingTask("1234"));
  });

  it("does not go deaf where something cuts every poll before its wait is over", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    (await service.requests.next()).answer(200, taskState("1234"));
    for (let cuts = 0; cuts < 8; cuts++) {
      const poll = await service.requests.next();
      clock.pass(30_000);
      poll.reset();
      await clock.ring(250);
    }
    (await service.requests.next()).answer(200, cancellingTask("1234"));
  });

  it("does not ask in a tight loop what is never parked", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    (await service.requests.next()).answer(200, taskState("1234"));
    for (const pauseMs of [250, 500, 1000, 2000]) {
      (await service.requests.next()).answer(304, "");
      await clock.timer(pauseMs);
      expect(service.requests.left).toBe(0);
      clock.pass(pauseMs);
    }
    (await service.requests.next()).answer(200, taskState("1234"));
    await clock.timer(4000);
  });

  it("backs off on failure, and starts from the shortest pause after each answer", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    for (const pauseMs of [250, 500, 1000]) {
      (await service.requests.next()).answer(500, "");
      await clock.timer(pauseMs);
      expect(service.requests.left).toBe(0);
      clock.pass(pauseMs);
    }
    (await service.requests.next()).answer(200, taskState("1234"));
    (await service.requests.next()).answer(500, "");
    await clock.ring(250);
    await service.requests.next();
  });

  it.each([503, 429])("stays away as long as a %i says in Retry-After", async (status) => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234");
    (await service.requests.next()).answer(status, "", { "Retry-After": "20" });
    await clock.timer(20_250);
    clock.pass(20_249);
    expect(service.requests.left).toBe(0);
    clock.pass(1);
    (await service.requests.next()).answer(200, cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("gives a poll up that has no answer 10 s after its wait, and asks again", async () => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234");
    await service.requests.next();
    await clock.ring(WAIT_MS + 10_000);
    await clock.ring(250);
    (await service.requests.next()).answer(200, cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("gives a poll up whose answer never ends, and asks again", async () => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234");
    const { response } = await service.requests.next();
    response.writeHead(200);
    await new Promise((resolve) => response.write('{"id":', resolve));
    await clock.ring(WAIT_MS + 10_000);
    await clock.ring(250);
    (await service.requests.next()).answer(200, cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("ends with the task: nothing more is asked", async () => {
    await using service = await fakeService();
    const ended = latch();
    const watch = pollingClient(service.url).watch("1234", { onChange: ended.open });
    (await service.requests.next()).answer(
      200,
      taskState("1234", { status: "succeeded", endedAt: "2026-08-15T13:00:00.000Z" }),
    );
    await ended.opened;
    clock.pass(120_000);
    expect([service.requests.left, watch.signal.aborted]).toEqual([0, false]);
  });

  it("that is closed during a pause asks nothing more", async () => {
    await using service = await fakeService();
    const watch = pollingClient(service.url).watch("1234");
    (await service.requests.next()).answer(500, "");
    await clock.timer(250);
    watch.close();
    clock.pass(120_000);
    expect([service.requests.left, watch.signal.aborted]).toEqual([0, false]);
  });

  it("that is closed drops its poll", async () => {
    await using service = await fakeService();
    const watch = pollingClient(service.url).watch("1234");
    const { response } = await service.requests.next();
    const dropped = new Promise((resolve) => response.once("close", resolve));
    watch.close();
    await dropped;
  });
});
