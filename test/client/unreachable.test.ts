import { describe, expect, it } from "vitest";
import { ServiceUnreachableError, TaskClient } from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { fakeSocketService } from "./fake-socket.ts";
import { fakeService, pollingClient } from "./harness.ts";
import { abortOf, rejectionOf } from "./suite/harness.ts";
import { problem, taskState } from "./task-state.ts";

const DAY_MS = 86_400_000;

describe("onUnreachable", () => {
  const clock = fakeClockInEachTest();

  it("aborts when nothing was heard for so long, and not a moment earlier", async () => {
    await using service = await fakeService();
    const watch = pollingClient(service.url).watch("1234", {
      onUnreachable: { abortAfterSeconds: 60 },
    });
    await service.requests.next();
    clock.pass(59_999);
    expect(watch.signal.aborted).toBe(false);
    clock.pass(1);
    const error = watch.signal.reason;
    expect(error).toBeInstanceOf(ServiceUnreachableError);
    expect(error).toMatchObject({ message: "nothing was heard for 60 s" });
  });

  it("counts from the last that was heard", async () => {
    await using service = await fakeService();
    const watch = pollingClient(service.url).watch("1234", {
      onUnreachable: { abortAfterSeconds: 60 },
    });
    const poll = await service.requests.next();
    clock.pass(14_000);
    poll.answer(200, taskState("1234"));
    await service.requests.next();
    clock.pass(59_999);
    expect(watch.signal.aborted).toBe(false);
    clock.pass(1);
    expect(watch.signal.reason).toBeInstanceOf(ServiceUnreachableError);
  });

  it("takes answers that make no sense, and failures, for nothing heard", async () => {
    await using service = await fakeService();
    const watch = pollingClient(service.url).watch("1234", {
      onUnreachable: { abortAfterSeconds: 1 },
    });
    (await service.requests.next()).answer(200, "<h1>Welcome</h1>");
    await clock.ring(250);
    (await service.requests.next()).answer(500, "");
    await clock.ring(500);
    await service.requests.next();
    clock.pass(250);
    expect(watch.signal.reason).toBeInstanceOf(ServiceUnreachableError);
  });

  it("takes a refusal of the service for a sign of life, but not that of a wall", async () => {
    await using service = await fakeService();
    const watch = pollingClient(service.url).watch("1234", {
      onUnreachable: { abortAfterSeconds: 60 },
      onError: () => {},
    });
    const refused = await service.requests.next();
    clock.pass(1000);
    refused.answer(403, problem("forbidden", 403, "No."));
    await clock.timer(250);
    clock.pass(59_000);
    (await service.requests.next()).answer(403, "<h1>Not for you</h1>");
    await clock.timer(500);
    clock.pass(999);
    expect(watch.signal.aborted).toBe(false);
    clock.pass(1);
    expect(watch.signal.reason).toBeInstanceOf(ServiceUnreachableError);
  });

  it("never aborts by long polls while the service is well", async () => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234", {
      onUnreachable: { abortAfterSeconds: 20 },
    });
    (await service.requests.next()).answer(200, taskState("1234"));
    for (let polls = 0; polls < 10; polls++) {
      const poll = await service.requests.next();
      expect(poll.query.get("wait")).toBe("10");
      clock.pass(10_000);
      poll.answer(304, "");
    }
    await service.requests.next();
    expect(watch.signal.aborted).toBe(false);
  });

  it("never aborts over a WebSocket while the service is well", async () => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url }).watch("1234", {
      onUnreachable: { abortAfterSeconds: 20 },
    });
    const socket = await service.sockets.next();
    for (let pings = 0; pings < 10; pings++) {
      expect(await socket.messages.next()).toBe("ping");
      socket.send("pong");
      await clock.ring(10_000);
    }
    expect(watch.signal.aborted).toBe(false);
  });

  it("never aborts where every WebSocket is swallowed while the service is well", async () => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url }).watch("1234", {
      onUnreachable: { abortAfterSeconds: 20 },
    });
    for (const polls of [1, 2, 4]) {
      const socket = await service.sockets.next();
      expect(await socket.messages.next()).toBe("ping");
      // Once for the connection, and once for the first word.
      for (const _ of ["connecting", "asking"]) await clock.timer(5000);
      clock.pass(5010);
      for (let poll = 0; poll < polls; poll++) {
        const exchange = await service.requests.next();
        clock.pass(1000 * Number(exchange.query.get("wait")));
        exchange.answer(304, "");
      }
    }
    await service.sockets.next();
    expect(watch.signal.aborted).toBe(false);
  });

  it("asks the service for whole seconds, whatever was chosen", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234", {
      onUnreachable: { abortAfterSeconds: 100 / 3 },
    });
    (await service.requests.next()).answer(200, taskState("1234"));
    expect((await service.requests.next()).query.get("wait")).toBe("16");
  });

  it.each([30 * 86_400, Number.POSITIVE_INFINITY])(
    "of %d s does not act at once",
    async (abortAfterSeconds) => {
      await using service = await fakeService();
      using watch = pollingClient(service.url).watch("1234", {
        onUnreachable: { abortAfterSeconds },
      });
      await service.requests.next();
      clock.pass(DAY_MS);
      expect(watch.signal.aborted).toBe(false);
    },
  );

  it("does nothing after the watch is closed", async () => {
    await using service = await fakeService();
    const watch = pollingClient(service.url).watch("1234", {
      onUnreachable: { abortAfterSeconds: 60 },
    });
    await service.requests.next();
    watch.close();
    clock.pass(120_000);
    expect(watch.signal.aborted).toBe(false);
  });

  it("makes a run reject, with nothing reported to nobody", async () => {
    await using service = await fakeService();
    const run = pollingClient(service.url).run(
      "1234",
      async ({ signal }) => {
        throw await abortOf(signal);
      },
      { onUnreachable: { abortAfterSeconds: 60 } },
    );
    const rejected = rejectionOf(run);
    (await service.requests.next()).answer(200, taskState("1234"));
    await service.requests.next();
    clock.pass(60_000);
    expect(await rejected).toBeInstanceOf(ServiceUnreachableError);
    expect(service.requests.left).toBe(0);
  });

  it("is off by default: a watch carries on and keeps trying", async () => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234");
    for (let failures = 0; failures < 8; failures++) {
      (await service.requests.next()).answer(503, "");
      await clock.ring(Math.min(5000, 250 * 2 ** failures));
    }
    const poll = await service.requests.next();
    clock.pass(60_000);
    expect(watch.signal.aborted).toBe(false);
    poll.reset();
  });

  it.each([0, -1, Number.NaN])("takes no %d for a time", (abortAfterSeconds) => {
    const tasks = pollingClient("https://cancel.example.com");
    expect(() => tasks.watch("1234", { onUnreachable: { abortAfterSeconds } })).toThrow(
      new TypeError(`abortAfterSeconds must be more than 0, not ${abortAfterSeconds}`),
    );
  });
});
