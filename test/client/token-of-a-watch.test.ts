import { describe, expect, it, vi } from "vitest";
import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskClient,
} from "../../worker-client/index.ts";
import { TOKEN_EXPIRED_CLOSE_CODE } from "../../worker-client/protocol.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { type FakeSocket, fakeSocketService } from "./fake-socket.ts";
import { endReport, fakeService, nextReport, numberedTokens, pollingClient } from "./harness.ts";
import { abortOf, rejectionOf } from "./suite/harness.ts";
import { cancellingTask, taskState } from "./task-state.ts";

const HOUR_MS = 3_600_000;
const PING_EVERY_MS = 20_000;

function tokenOf({ request }: FakeSocket): string | undefined {
  return request.headers["sec-websocket-protocol"]?.split("bearer.")[1];
}

describe("the token of a watch", () => {
  const clock = fakeClockInEachTest();

  /** A word comes through each socket, time passes, and the token expires. */
  async function expire(sockets: readonly FakeSocket[], afterMs: number): Promise<void> {
    for (const socket of sockets) {
      socket.send(taskState("1234"));
      await clock.timer(PING_EVERY_MS);
    }
    clock.pass(afterMs);
    for (const socket of sockets) socket.close(TOKEN_EXPIRED_CLOSE_CODE);
  }

  it("that has expired is replaced: the watch is back with a new one after a short pause", async () => {
    await using service = await fakeSocketService();
    const token = numberedTokens();
    const onError = vi.fn();
    using watch = new TaskClient({ url: service.url, token }).watch("1234", { onError });
    const first = await service.sockets.next();
    await expire([first], PING_EVERY_MS - 1);
    await clock.ring(250);
    const second = await service.sockets.next();
    expect([tokenOf(first), tokenOf(second)]).toEqual(["token-1", "token-2"]);
    expect(second.request.url).toBe("/v1/tasks/1234?revision=1&direct=1");
    second.send(cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    expect([token.mock.calls.length, onError.mock.calls]).toEqual([2, []]);
  });

  it("that expires again and again is not replaced in a rush", async () => {
    await using service = await fakeSocketService();
    const token = numberedTokens();
    using _ = new TaskClient({ url: service.url, token }).watch("1234");
    for (const pauseMs of [500, 1000, 2000]) {
      await expire([await service.sockets.next()], 1);
      await clock.timer(pauseMs);
      expect(service.sockets.left).toBe(0);
      clock.pass(pauseMs);
    }
    await service.sockets.next();
    expect(token).toHaveBeenCalledTimes(4);
  });

  it("that lasts for seconds only is replaced at once each time: no cancel waits for a back-off", async () => {
    await using service = await fakeSocketService();
    using _ = new TaskClient({ url: service.url, token: numberedTokens() }).watch("1234");
    for (let tokens = 1; tokens < 5; tokens++) {
      await expire([await service.sockets.next()], 5000);
      await clock.ring(250);
    }
    expect(tokenOf(await service.sockets.next())).toBe("token-5");
  });

  it("that expires before a word came is replaced for the poll that follows", async () => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url, token: numberedTokens() }).watch("1234");
    (await service.sockets.next()).close(TOKEN_EXPIRED_CLOSE_CODE);
    const poll = await service.requests.next();
    expect(poll.request.headers.authorization).toBe("Bearer token-2");
    poll.answer(200, cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("is replaced once for all the watches that it has expired for", async () => {
    await using service = await fakeSocketService();
    const token = numberedTokens();
    const tasks = new TaskClient({ url: service.url, token });
    using _ = tasks.watch("1234");
    using __ = tasks.watch("1234");
    const sockets = [await service.sockets.next(), await service.sockets.next()];
    await expire(sockets, 10_000);
    for (const _ of sockets) await clock.timer(250);
    clock.pass(250);
    for (const _ of sockets) expect(tokenOf(await service.sockets.next())).toBe("token-2");
    expect(token).toHaveBeenCalledTimes(2);
  });

  it("that is no function and has expired is refused: onError is told, and the watch goes on", async () => {
    await using service = await fakeSocketService();
    const onError = vi.fn();
    using watch = new TaskClient({ url: service.url, token: "s3cret" }).watch("1234", { onError });
    await expire([await service.sockets.next()], 10_000);
    await clock.ring(250);
    // An upgrade that is refused is a line without a word, for all that a WebSocket tells.
    (await service.sockets.next()).cut();
    (await service.requests.next()).answer(401, "");
    await clock.ring(250);
    expect(onError.mock.calls).toEqual([[expect.any(RequestRefusedError)]]);
    (await service.sockets.next()).send(cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("that a poll is refused with is replaced at once", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    using watch = pollingClient(service.url, numberedTokens()).watch("1234", { onError });
    (await service.requests.next()).answer(401, "");
    const again = await service.requests.next();
    expect(again.request.headers.authorization).toBe("Bearer token-2");
    expect(again.request.url).not.toContain("token");
    again.answer(200, cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    expect(onError).not.toHaveBeenCalled();
  });

  it.each(["WebSocket", "long poll"])(
    "that cannot be had is asked for ever later, and the watch learns when it is (%s)",
    async (transport) => {
      await using service = await fakeSocketService();
      const token = numberedTokens();
      const onError = vi.fn();
      const outage = new Error("the issuer is down");
      for (const _ of [1, 2, 3]) token.mockRejectedValueOnce(outage);
      const polling = pollingClient(service.url, token);
      const tasks =
        transport === "WebSocket" ? new TaskClient({ url: service.url, token }) : polling;
      using watch = tasks.watch("1234", { onError });
      for (const pauseMs of [250, 500, 1000]) await clock.ring(pauseMs);
      if (transport === "WebSocket") (await service.sockets.next()).send(cancellingTask("1234"));
      else (await service.requests.next()).answer(200, cancellingTask("1234"));
      expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
      expect([token.mock.calls.length, onError.mock.calls]).toEqual([4, []]);
    },
  );

  it("that is none is told to onError, and the watch goes on, ever slower", async () => {
    await using service = await fakeSocketService();
    const token = numberedTokens();
    const onError = vi.fn();
    for (const _ of [1, 2]) token.mockReturnValueOnce("spa ce");
    using watch = new TaskClient({ url: service.url, token }).watch("1234", { onError });
    for (const pauseMs of [250, 500]) await clock.ring(pauseMs);
    const malformed = new TypeError("the token must be printable ASCII without spaces");
    expect(onError.mock.calls).toEqual([[malformed]]);
    (await service.sockets.next()).send(cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it.each([
    ["cannot be had", [250, 500], () => Promise.reject(new Error("the issuer is down"))],
    ["does not come", [10_000, 10, 250], () => new Promise<string>(() => {})],
    ["is none", [250, 500], () => "spa ce"],
  ])("that %s is nothing heard: a dead man's switch acts", async (_name, timersMs, token) => {
    const watch = new TaskClient({ url: "https://cancel.example.com", token }).watch("1234", {
      onError: () => {},
      onUnreachable: { abortAfterSeconds: 60 },
    });
    for (const timerMs of timersMs) await clock.ring(timerMs);
    clock.pass(59_999 - timersMs.reduce((sum, timerMs) => sum + timerMs, 0));
    expect(watch.signal.aborted).toBe(false);
    clock.pass(1);
    expect(watch.signal.reason).toBeInstanceOf(ServiceUnreachableError);
  });

  it("that is slow keeps nothing running after the watch is closed", async () => {
    await using service = await fakeSocketService();
    const { promise, resolve } = Promise.withResolvers<string>();
    const watch = new TaskClient({ url: service.url, token: () => promise }).watch("1234");
    await clock.timer(10_000);
    watch.close();
    expect(vi.getTimerCount()).toBe(0);
    resolve("s3cret");
    await promise;
    clock.pass(HOUR_MS);
    expect([service.sockets.left, service.requests.left]).toEqual([0, 0]);
  });

  it("is not asked for by a run that was stopped before it had one", async () => {
    const own = new AbortController();
    const work = vi.fn();
    const tasks = pollingClient("https://cancel.example.com", () => new Promise(() => {}));
    const run = rejectionOf(tasks.run("1234", work, { signal: own.signal }));
    await clock.timer(10_000);
    own.abort("never mind");
    expect([await run, work.mock.calls]).toEqual(["never mind", []]);
  });

  it("that is none any more stops no run: its work goes on and is reported", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    const token = numberedTokens();
    const done = Promise.withResolvers<string>();
    const run = pollingClient(service.url, token).run("1234", () => done.promise, { onError });
    (await service.requests.next()).answer(200, taskState("1234"));
    token.mockReturnValueOnce("spa ce");
    (await service.requests.next()).answer(401, "");
    await clock.timer(250);
    expect(onError.mock.calls).toEqual([[expect.any(TypeError)]]);
    done.resolve("done");
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(endReport("succeeded"));
    report.answer(200, taskState("1234"));
    expect(await run).toBe("done");
  });
});
