import { expect, it } from "vitest";
import type { Watch } from "../../src/tasks/watch.ts";
import { Watchers, type WatchSocket } from "../../src/tasks/watchers.ts";
import { taskState } from "../client/task-state.ts";

const OPEN = 1;
const LIMIT = 256 * 1024;
const STREAM: Watch = { kind: "stream", revision: null, expiresAtMs: null };

it("sends a stream 256 KiB of states, and then asks its client to connect again", () => {
  const watchers = new Watchers(
    () => [],
    () => null,
  );
  const closes: (readonly [number, string])[] = [];
  let sent = 0;
  const socket: WatchSocket = {
    readyState: OPEN,
    send: (message) => {
      sent += message.length;
    },
    close: (...why) => void closes.push(why),
    deserializeAttachment: () => STREAM,
  };
  watchers.park(STREAM, () => socket);
  const state = taskState("1234", { metadata: { text: "x".repeat(4000) } });
  const each = JSON.stringify(state).length;
  const tell = () => watchers.tell(state, () => true, false);
  while (sent + each < LIMIT) tell();
  expect([closes, watchers.count]).toEqual([[], 1]);
  tell();
  tell();
  expect(watchers.count).toBe(0);
  expect(sent).toBeLessThan(LIMIT + each);
  expect(closes).toEqual([[1013, "connect again: this stream is long"]]);
});
