import * as undici from "undici";
import { describe, expect, it } from "vitest";
import * as ws from "ws";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { fakeSocketService } from "./fake-socket.ts";
import { fakeService, pollingClient } from "./harness.ts";
import { abortOf } from "./suite/harness.ts";
import { cancellingTask, taskState } from "./task-state.ts";

describe("the service's address", () => {
  it.each(["", "/", "/cancel", "/cancel/", "/cancel//?key=value#part"])(
    "may end in %j",
    async (end) => {
      await using service = await fakeService();
      const asked = pollingClient(`${service.url}${end}`).get("1234");
      const request = await service.requests.next();
      request.answer(200, taskState("1234"));
      expect(await asked).toEqual(taskState("1234"));
      const path = end.startsWith("/cancel") ? "/cancel" : "";
      expect(request.path).toBe(`${path}/v1/tasks/1234`);
    },
  );

  it.each(["localhost:8080", "ws://localhost:8080", "file:///tmp"])(
    "is refused at once where it is no http address: %s",
    (url) => {
      expect(() => new TaskClient({ url })).toThrow(
        new TypeError(`url must begin with https:// or http://, not ${url}`),
      );
    },
  );

  it.each([
    "https://me@example.com",
    "https://me:s3cret@example.com",
    "https://:s3cret@example.com",
  ])(
    "is refused at once with a name or a password in it, which the error does not show: %s",
    (url) => {
      expect(() => new TaskClient({ url })).toThrow(
        new TypeError("url must not contain a user name or password: give a token instead"),
      );
    },
  );
});

describe("a WebSocket of the caller's own", () => {
  it.each([
    ["ws", ws.WebSocket],
    ["undici", undici.WebSocket],
  ])("is used for watches, also beside a fetch: %s", async (_name, WebSocket) => {
    await using service = await fakeSocketService();
    const tasks = new TaskClient({
      url: service.url,
      WebSocket,
      fetch: (to, init) => fetch(to, init),
    });
    using watch = tasks.watch("1234");
    const socket = await service.sockets.next();
    expect(await socket.messages.next()).toBe("ping");
    socket.send(taskState("1234"));
    socket.send(cancellingTask("1234"));
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });
});

describe("the token", () => {
  it("goes with every request, as a bearer token", async () => {
    await using service = await fakeService();
    const tasks = new TaskClient({ url: service.url, token: "s3cret" });
    const asked = tasks.get("1234");
    const exchange = await service.requests.next();
    expect(exchange.request.headers.authorization).toBe("Bearer s3cret");
    exchange.answer(401, "");
    await expect(asked).rejects.toThrow();
  });

  it("goes with a WebSocket among the subprotocols, where browsers let it", async () => {
    await using service = await fakeSocketService();
    using _ = new TaskClient({ url: service.url, token: "s3cret" }).watch("1234");
    const { request } = await service.sockets.next();
    expect(request.headers["sec-websocket-protocol"]).toBe("edge-canceler.v1, bearer.s3cret");
  });

  it("that no subprotocol can carry makes the watch a poll", async () => {
    await using service = await fakeService();
    using _ = new TaskClient({ url: service.url, token: "a/b=" }).watch("1234");
    const { request, query } = await service.requests.next();
    expect([request.headers.upgrade, query.get("revision")]).toEqual([undefined, "0"]);
    expect(request.headers.authorization).toBe("Bearer a/b=");
  });

  it("is not made up where there is none", async () => {
    await using service = await fakeSocketService();
    using _ = new TaskClient({ url: service.url }).watch("1234");
    const { request } = await service.sockets.next();
    expect(request.headers["sec-websocket-protocol"]).toBe("edge-canceler.v1");
    expect(request.headers.authorization).toBeUndefined();
  });

  it.each(["line\nbreak", "spa ce", "schlüssel"])(
    "that no header can carry is refused at once, and named nowhere: %j",
    (token) => {
      const url = "https://cancel.example.com";
      expect(() => new TaskClient({ url, token })).toThrow(
        new TypeError("the token must be printable ASCII without spaces"),
      );
    },
  );
});
