import { assert } from "vitest";
import type { TaskState } from "../../worker-client/protocol.ts";
import { call } from "./call.ts";

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
