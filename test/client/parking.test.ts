import { describe, expect, it } from "vitest";
import { TaskCancelledError } from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { fakeService, pollingClient } from "./harness.ts";
import { abortOf, latch } from "./suite/harness.ts";
import { cancellingTask, taskState } from "./task-state.ts";

const WAIT_MS = 20_000;
const ANSWER_WITHIN_MS = 10_000;
const ANSWER_AGAIN_WITHIN_MS = 5000;

describe("a watch by long polls", () => {
  const clock = fakeClockInEachTest();

  it("asks for nothing known at first, and for a short wait until a line has proved itself", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    const first = await service.requests.next();
    expect([first.method, first.path]).toEqual(["GET", "/v1/tasks/1234"]);
    expect([first.query.get("revision"), first.query.get("wait")]).toEqual(["0", "5"]);
    first.answer(200, taskState("1234"));
    const second = await service.requests.next();
    expect([second.query.get("revision"), second.query.get("wait")]).toEqual(["1", "20"]);
    second.reset();
    await clock.ring(250);
    expect((await service.requests.next()).query.get("wait")).toBe("5");
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
      clock.pass(15_000);
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

  it("takes an older revision for no news, and does not ask for it in a tight loop", async () => {
    await using service = await fakeService();
    const changes: number[] = [];
    using watch = pollingClient(service.url).watch("1234", {
      onChange: ({ revision }) => changes.push(revision),
    });
    (await service.requests.next()).answer(200, taskState("1234", { revision: 5 }));
    for (const [revision, pauseMs] of [
      [4, 250],
      [5, 500],
      [4, 1000],
    ] as const) {
      const poll = await service.requests.next();
      expect(poll.query.get("revision")).toBe("5");
      poll.answer(200, cancellingTask("1234", { revision }));
      await clock.ring(pauseMs);
    }
    await service.requests.next();
    expect([changes, watch.signal.aborted]).toEqual([[5], false]);
  });

  it("takes a new revision at once, but not one after the other without an end", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    for (let revision = 1; revision <= 8; revision++) {
      (await service.requests.next()).answer(200, taskState("1234", { revision }));
    }
    for (let revision = 9; revision <= 12; revision++) {
      (await service.requests.next()).answer(200, taskState("1234", { revision }));
      await clock.timer(500);
      expect(service.requests.left).toBe(0);
      clock.pass(500);
    }
    const parked = await service.requests.next();
    clock.pass(500);
    parked.answer(200, taskState("1234", { revision: 13 }));
    (await service.requests.next()).answer(200, taskState("1234", { revision: 14 }));
    await service.requests.next();
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

  it("notices within 25 s that a line that worked swallows every word", async () => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234");
    (await service.requests.next()).answer(200, taskState("1234"));
    await service.requests.next();
    await clock.timeOut(WAIT_MS + ANSWER_AGAIN_WITHIN_MS);
    await clock.ring(250);
    // The next one may be swallowed, too: it is given up sooner.
    await service.requests.next();
    await clock.timeOut(5000 + ANSWER_WITHIN_MS);
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
    await clock.timeOut(5000 + ANSWER_WITHIN_MS);
    await clock.ring(250);
    (await service.requests.next()).answer(200, cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("is back within 10 s of an outage, however long that was", async () => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234");
    for (const pauseMs of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
      (await service.requests.next()).reset();
      await clock.ring(pauseMs);
    }
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
