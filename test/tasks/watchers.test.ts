import { expect, it } from "vitest";
import type { Watch } from "../../src/tasks/watch.ts";
import { Watchers, type WatchSocket } from "../../src/tasks/watchers.ts";

const OPEN = 1;
const STREAM: Watch = { kind: "stream", revision: null, expiresAtMs: null };

it("sends a stream 256 states, and then asks its client to connect again", () => {
  const watchers = new Watchers(() => []);
  const closes: (readonly [number, string])[] = [];
  let sent = 0;
  const socket: WatchSocket = {
    readyState: OPEN,
    send: () => void sent++,
    close: (...why) => void closes.push(why),
    deserializeAttachment: () => STREAM,
  };
  watchers.park(STREAM, () => socket);
  const tell = () => watchers.tell(null, () => true, false);
  for (let count = 1; count < 256; count++) tell();
  expect([sent, closes, watchers.count]).toEqual([255, [], 1]);
  tell();
  tell();
  expect([sent, watchers.count]).toEqual([256, 0]);
  expect(closes).toEqual([[1013, "connect again: this stream is long"]]);
});
