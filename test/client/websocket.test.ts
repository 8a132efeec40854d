import { describe, expect, it, vi } from "vitest";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { fakeSocketService } from "./fake-socket.ts";
import { fakeService } from "./harness.ts";
import { abortOf, latch } from "./suite/harness.ts";
import { cancellingTask, taskState } from "./task-state.ts";

const ANSWER_WITHIN_MS = 10_000;
/** What an answer gets that may be there already when its time is over. */
const LAST_LOOK_MS = 10;
const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 5000;

describe("a watch over a WebSocket", () => {
  const clock = fakeClockInEachTest();

  it("polls where something in between refuses the upgrade, and tries again ever later", async () => {
    await using service = await fakeService();
    using watch = new TaskClient({ url: service.url }).watch("1234");
    // At last after 64 polls, which is 21 minutes.
    for (const polls of [1, 2, 4, 8, 16, 32, 64, 64]) {
      const upgrade = await service.requests.next();
      expect(upgrade.request.headers.upgrade).toBe("websocket");
      upgrade.answer(403, "no WebSockets here");
      for (let poll = 0; poll < polls; poll++) {
        const exchange = await service.requests.next();
        expect(exchange.request.headers.upgrade).toBeUndefined();
        clock.pass(1000 * Number(exchange.query.get("wait")));
        exchange.answer(304, "");
      }
    }
    (await service.requests.next()).answer(403, "");
    (await service.requests.next()).answer(200, cancellingTask("1234", { revision: 99 }));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("polls where something in between accepts the upgrade and swallows every word", async () => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url }).watch("1234");
    const socket = await service.sockets.next();
    expect(await socket.messages.next()).toBe("ping");
    for (const _ of ["connecting", "asking"]) await clock.timer(ANSWER_WITHIN_MS);
    clock.pass(ANSWER_WITHIN_MS + LAST_LOOK_MS);
    const poll = await service.requests.next();
    await socket.closed;
    poll.answer(200, cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("asks a line that is silent for signs of life, and stays as long as it answers", async () => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url }).watch("1234");
    const socket = await service.sockets.next();
    for (let minutes = 0; minutes < 10; minutes++) {
      expect(await socket.messages.next()).toBe("ping");
      socket.send("pong");
      await clock.ring(PING_EVERY_MS);
    }
    socket.send(cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    expect(service.sockets.left).toBe(0);
  });

  it("connects again within 25 s when a line that worked gives no sign of life", async () => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url }).watch("1234");
    const dead = await service.sockets.next();
    dead.send(taskState("1234"));
    await clock.ring(PING_EVERY_MS);
    for (const _ of ["on opening", "after the silence"]) {
      expect(await dead.messages.next()).toBe("ping");
    }
    await clock.timeOut(PONG_WITHIN_MS);
    await dead.closed;
    await clock.ring(250);
    const alive = await service.sockets.next();
    expect(alive.request.url).toBe("/v1/tasks/1234?revision=1&direct=1");
    alive.send(cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("hears the answer of a line that came while the work kept the process busy", async () => {
    await using service = await fakeSocketService();
    using _ = new TaskClient({ url: service.url }).watch("1234");
    const socket = await service.sockets.next();
    for (let busy = 0; busy < 3; busy++) {
      expect(await socket.messages.next()).toBe("ping");
      // The time is over before anybody has looked at what arrived.
      await clock.ring(busy === 0 ? ANSWER_WITHIN_MS : PONG_WITHIN_MS);
      socket.send("pong");
      await clock.ring(PING_EVERY_MS);
    }
    expect(service.sockets.left).toBe(0);
  });

  it("does not come back in a rush to a line that is cut again and again", async () => {
    await using service = await fakeSocketService();
    using _ = new TaskClient({ url: service.url }).watch("1234");
    for (const pauseMs of [500, 1000, 2000]) {
      const socket = await service.sockets.next();
      socket.send("pong");
      await clock.timer(PING_EVERY_MS);
      clock.pass(1);
      socket.cut();
      await clock.timer(pauseMs);
      expect(service.sockets.left).toBe(0);
      clock.pass(pauseMs);
    }
    await service.sockets.next();
  });

  it("leaves no listener behind for each line that is cut", async () => {
    const added = vi.spyOn(AbortSignal.prototype, "addEventListener");
    const removed = vi.spyOn(AbortSignal.prototype, "removeEventListener");
    await using service = await fakeSocketService();
    using _ = new TaskClient({ url: service.url }).watch("1234");
    const left: number[] = [];
    for (const pauseMs of [500, 1000, 2000]) {
      const socket = await service.sockets.next();
      expect(await socket.messages.next()).toBe("ping");
      left.push(added.mock.calls.length - removed.mock.calls.length);
      socket.send("pong");
      await clock.timer(PING_EVERY_MS);
      clock.pass(1);
      socket.cut();
      await clock.timer(pauseMs);
      clock.pass(pauseMs);
    }
    expect(left).toEqual([left[0], left[0], left[0]]);
  });

  it("leaves no timer behind when the task has ended", async () => {
    await using service = await fakeSocketService();
    const ended = latch();
    new TaskClient({ url: service.url }).watch("1234", { onChange: () => ended.open() });
    const socket = await service.sockets.next();
    socket.send(taskState("1234", { status: "succeeded", endedAt: "2026-08-15T12:00:01.000Z" }));
    await ended.opened;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no listener of a lost line behind", async () => {
    await using service = await fakeSocketService();
    const added = vi.spyOn(AbortSignal.prototype, "addEventListener");
    const removed = vi.spyOn(AbortSignal.prototype, "removeEventListener");
    using _ = new TaskClient({ url: service.url }).watch("1234");
    const left: number[] = [];
    for (const pauseMs of [500, 1000, 2000]) {
      const socket = await service.sockets.next();
      socket.send("pong");
      await clock.timer(PING_EVERY_MS);
      left.push(added.mock.calls.length - removed.mock.calls.length);
      clock.pass(1);
      socket.cut();
      await clock.ring(pauseMs);
    }
    expect(left).toEqual([left[0], left[0], left[0]]);
  });

  it("is never opened by a watch that is closed at once", async () => {
    const opened = vi.fn();
    vi.stubGlobal("WebSocket", opened);
    new TaskClient({ url: "https://cancel.example.com" }).watch("1234").close();
    // Everything that was promised has happened by then.
    await new Promise(setImmediate);
    expect(opened).not.toHaveBeenCalled();
  });

  it("says good-bye when it is closed", async () => {
    await using service = await fakeSocketService();
    const watch = new TaskClient({ url: service.url }).watch("1234");
    const socket = await service.sockets.next();
    await socket.messages.next();
    watch.close();
    await socket.closed;
  });
});
