import { describe, expect, it } from "vitest";
import { transition } from "../../src/tasks/lifecycle.ts";
import type { ParkedWatch, Watch } from "../../src/tasks/watch.ts";
import { Watchers, type WatchSocket } from "../../src/tasks/watchers.ts";
import { taskState } from "../client/task-state.ts";
import { AT, changed, event } from "./harness.ts";

const OPEN = 1;
const NOW_MS = Date.UTC(2026, 0, 1, 12);
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
  expect(closes).toEqual([[1013, "connect again: stream limit reached"]]);
});

describe("of a run's worker", () => {
  const first = changed(transition(null, event.start("holder-1"), AT.started));
  const second = changed(transition(first, event.start("holder-2"), AT.started));
  const runOf = (attempt: number, holder: string): ParkedWatch => ({
    ...STREAM,
    role: { kind: "run", attempt, holder },
    parkedAtMs: NOW_MS,
  });
  const socketOf = (watch: ParkedWatch): WatchSocket => ({
    readyState: OPEN,
    send() {},
    close() {},
    deserializeAttachment: () => watch,
  });

  it("an open connection is a sign of life from when it was opened, before any ping", () => {
    const watchers = new Watchers(
      () => [],
      () => null,
    );
    const own = runOf(1, "holder-1");
    watchers.park(own, () => socketOf(own));
    expect(watchers.signsOf(first)).toEqual({ heardAtMs: NOW_MS, hasLine: true });
  });

  it("no cancel is delivered over the connection of an earlier run", () => {
    const watchers = new Watchers(
      () => [],
      () => null,
    );
    const earlier = runOf(1, "holder-1");
    watchers.park(earlier, () => socketOf(earlier));
    expect([watchers.count, watchers.hasWorker(first)]).toEqual([1, true]);
    expect(watchers.hasWorker(second)).toBe(false);
  });
});
