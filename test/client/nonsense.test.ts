import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { fakeSocketService } from "./fake-socket.ts";
import { type Exchange, fakeService, pollingClient } from "./harness.ts";
import { endlessAnswers } from "./hostile-service.ts";
import { abortOf } from "./suite/harness.ts";
import { cancellingTask, problem, taskState } from "./task-state.ts";

const LOGIN_PAGE = "<!doctype html><title>Welcome to the hotel</title>Log in to use the network.";
const cancelled = cancellingTask("1234");
const halfCancelled = { ...cancelled, cancellation: { cause: "request", reason: null } };
const gone = problem("task-gone", 410, "Task 1234 is gone.");

const answers: Readonly<Record<string, (exchange: Exchange) => void>> = {
  "500 with a problem": (exchange) => exchange.answer(500, problem("internal", 500, "It failed.")),
  "502 with a page": (exchange) => exchange.answer(502, "<h1>Bad Gateway</h1>"),
  "503 with a cancelled task": (exchange) => exchange.answer(503, cancelled),
  "429 with nothing": (exchange) => exchange.answer(429, ""),
  "a connection that is reset": (exchange) => exchange.reset(),
  "a connection that is reset amid the answer": (exchange) => {
    exchange.response.writeHead(200, { "Content-Length": 5000 });
    exchange.response.write(JSON.stringify(cancelled), () => exchange.reset());
  },
  "200 with a login page": (exchange) => exchange.answer(200, LOGIN_PAGE),
  "200 with nothing": (exchange) => exchange.answer(200, ""),
  "200 with half a cancelled task": (exchange) =>
    exchange.answer(200, JSON.stringify(cancelled).slice(0, -9)),
  "200 with null": (exchange) => exchange.answer(200, "null"),
  "200 with true": (exchange) => exchange.answer(200, "true"),
  "204": (exchange) => exchange.answer(204, ""),
  "304 at once": (exchange) => exchange.answer(304, ""),
  "302 to a login page": (exchange) => exchange.answer(302, "", { Location: "/login" }),
  "400 with a page": (exchange) => exchange.answer(400, "<h1>Bad Request</h1>"),
  "404 with a page": (exchange) => exchange.answer(404, "<h1>Not Found</h1>"),
  "410 with a page": (exchange) => exchange.answer(410, "<h1>Gone</h1>"),
  "200 with a problem of the service": (exchange) => exchange.answer(200, gone),
  ...endlessAnswers,
  "200 with another task, which is cancelled": (exchange) =>
    exchange.answer(200, cancellingTask("1235")),
  "200 with a task whose cancellation is half": (exchange) => exchange.answer(200, halfCancelled),
  "410 with somebody else's problem": (exchange) =>
    exchange.answer(410, { ...gone, type: "https://example.com/gone" }),
};

const messages: Readonly<Record<string, object | string>> = {
  "a page": LOGIN_PAGE,
  nothing: "",
  "half a cancelled task": JSON.stringify(cancelled).slice(0, -9),
  null: "null",
  true: "true",
  "a problem": gone,
  "a cancelled task in too many characters": JSON.stringify(cancelled) + " ".repeat(65_536),
  "another task, which is cancelled": cancellingTask("1235"),
  "a task whose cancellation is half": halfCancelled,
};

describe("unreachable is not cancelled: a watch goes on, and learns of a later cancel, after", () => {
  beforeEach(() => {
    // No pauses.
    vi.spyOn(Math, "random").mockReturnValue(0);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(Object.entries(answers))("%s", async (_name, answer) => {
    await using service = await fakeService();
    using watch = pollingClient(service.url).watch("1234", { onError: () => {} });
    (await service.requests.next()).answer(200, taskState("1234"));
    answer(await service.requests.next());
    const next = await service.requests.next();
    expect(watch.signal.aborted).toBe(false);
    expect(watch.task).toEqual(taskState("1234"));
    next.answer(200, cancelled);
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it.each(Object.entries(messages))("a WebSocket message that is %s", async (_name, message) => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url }).watch("1234");
    const first = await service.sockets.next();
    first.send(taskState("1234"));
    first.send(message);
    await first.closed;
    const second = await service.sockets.next();
    expect(watch.signal.aborted).toBe(false);
    expect(watch.task).toEqual(taskState("1234"));
    second.send(cancelled);
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("a WebSocket that is cut without a word", async () => {
    await using service = await fakeSocketService();
    using watch = new TaskClient({ url: service.url }).watch("1234");
    const first = await service.sockets.next();
    first.send(taskState("1234"));
    await first.messages.next();
    first.cut();
    const second = await service.sockets.next();
    expect(second.request.url).toBe("/v1/tasks/1234?revision=1&direct=1");
    expect(watch.signal.aborted).toBe(false);
    second.send(cancelled);
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });
});
