import { assert } from "vitest";
import type { TaskState } from "../../worker-client/protocol.ts";
import { call } from "./call.ts";

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
