import { assert } from "vitest";
import type { TaskState } from "../../worker-client/protocol.ts";
import { call } from "./harness.ts";

interface OpenEvents {
  readonly headers: Headers;
  /** The next block of the stream, an event or a comment; null: the stream has ended. */
  next(): Promise<string | null>;
  /** The next event; comments are passed over. */
  nextEvent(): Promise<{ readonly id: string; readonly task: TaskState }>;
  close(): Promise<void>;
}

/** Watches a task with server-sent events, which can be awaited one by one. */
export async function openEvents(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenEvents> {
  const response = await call("GET", path, {
    headers: { ...headers, Accept: "text/event-stream" },
  });
  assert(response.status === 200 && response.body !== null, `${response.status}, no stream`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async () => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return block;
      }
      const { value, done } = await reader.read();
      if (done) return null;
      text += value;
    }
  };
  return {
    headers: response.headers,
    next,
    nextEvent: async () => {
      let block = await next();
      while (block?.startsWith(":")) block = await next();
      const [, id = "", data = ""] = /^id: (\d+)\ndata: ([^\r\n]*)$/.exec(block ?? "") ?? [];
      assert(data !== "", `${block} is no event`);
      return { id, task: JSON.parse(data) };
    },
    close: () => reader.cancel(),
  };
}

interface OpenSocket {
  readonly headers: Headers;
  /** The next message; null: the socket was closed. */
  next(): Promise<string | null>;
  /** The next message as the task that it must be. */
  nextTask(): Promise<TaskState>;
  send(message: string | ArrayBuffer): void;
  close(): void;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Watches a task with a WebSocket, whose messages can be awaited one by one. */
export async function openSocket(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenSocket> {
  const response = await call("GET", path, { headers: { ...headers, Upgrade: "websocket" } });
  const { webSocket } = response;
  assert(webSocket !== null, `${response.status} instead of a socket`);
  const closed = new Promise<CloseEvent>((resolve) => {
    webSocket.addEventListener("close", resolve);
  });
  const messages = new ReadableStream<string>({
    start(controller) {
      webSocket.addEventListener("message", ({ data }) => controller.enqueue(String(data)));
      webSocket.addEventListener("close", () => controller.close());
    },
  }).getReader();
  webSocket.accept();
  const next = async () => (await messages.read()).value ?? null;
  return {
    headers: response.headers,
    next,
    nextTask: async () => JSON.parse((await next()) ?? "null"),
    send: (message) => webSocket.send(message),
    close: () => webSocket.close(1000),
    closed,
  };
}
