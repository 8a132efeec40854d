import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Outbox,
  type OutboxEntry,
  OutboxSender,
  withEntry,
  withoutEntry,
} from "../../src/durable/outbox.ts";

const entry = (key: string, serial: number): OutboxEntry<string> => ({
  key,
  serial,
  effect: `${key}:${serial}`,
});

describe("an outbox", () => {
  it("has one entry a key: the last", () => {
    const outbox = withEntry(withEntry([entry("a", 1)], entry("b", 1)), entry("a", 2));
    expect(outbox).toEqual([entry("b", 1), entry("a", 2)]);
  });

  it("keeps an entry when the one that it replaced is taken", () => {
    const outbox = withEntry([entry("a", 1)], entry("a", 2));
    expect(withoutEntry(outbox, entry("a", 1))).toEqual([entry("a", 2)]);
    expect(withoutEntry(outbox, entry("a", 2))).toEqual([]);
  });
});

/** A receiver whose answers the test gives. */
class Receiver {
  nowMs = 0;
  outbox: Outbox<string> = [];
  readonly asked: { effect: string; take(): void; refuse(): void }[] = [];
  readonly sender = new OutboxSender<string>({
    about: {},
    now: () => this.nowMs,
    random: () => 1,
    send: (effect) =>
      new Promise<void>((resolve, reject) => {
        this.asked.push({ effect, take: resolve, refuse: () => reject(new Error("busy")) });
      }),
    taken: async (taken) => {
      this.outbox = withoutEntry(this.outbox, taken);
    },
    refused: async () => {},
  });

  add(key: string, serial: number): void {
    this.outbox = withEntry(this.outbox, entry(key, serial));
    this.send();
  }

  send(): void {
    this.sender.send(this.outbox);
  }

  /** Sends what is due once the receiver has refused, and returns how long that took. */
  async refusedAgainAfterMs(): Promise<number> {
    this.asked.at(-1)?.refuse();
    await this.sender.settled();
    const dueAtMs = this.sender.dueAtMs(this.outbox) ?? Number.NaN;
    const afterMs = dueAtMs - this.nowMs;
    this.nowMs = dueAtMs - 1;
    const { length } = this.asked;
    this.send();
    expect(this.asked).toHaveLength(length);
    this.nowMs = dueAtMs;
    this.send();
    expect(this.asked).toHaveLength(length + 1);
    return afterMs;
  }
}

describe("what stands in an outbox", () => {
  beforeEach(() => {
    vi.spyOn(console, "error").mockImplementation(() => {});
  });

  it("is sent once, and is gone when it was taken", async () => {
    const receiver = new Receiver();
    receiver.add("a", 1);
    receiver.send();
    expect(receiver.asked).toHaveLength(1);
    receiver.asked[0]?.take();
    await receiver.sender.settled();
    expect(receiver.outbox).toEqual([]);
    expect(receiver.sender.dueAtMs(receiver.outbox)).toBeNull();
  });

  it("is sent again after a pause that doubles, five minutes at most", async () => {
    const receiver = new Receiver();
    receiver.add("a", 1);
    const pauses: number[] = [];
    for (let index = 0; index < 10; index++) pauses.push(await receiver.refusedAgainAfterMs());
    expect(pauses.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000]);
    expect(pauses.at(-1)).toBe(300_000);
  });

  it("is sent again if nothing is heard for ten seconds", () => {
    const receiver = new Receiver();
    receiver.add("a", 1);
    receiver.nowMs = 9999;
    receiver.send();
    expect(receiver.asked).toHaveLength(1);
    receiver.nowMs = 10_000;
    receiver.send();
    expect(receiver.asked).toHaveLength(2);
  });

  it("is sent at once if it replaces another, however often that failed", async () => {
    const receiver = new Receiver();
    receiver.add("a", 1);
    await receiver.refusedAgainAfterMs();
    receiver.add("a", 2);
    expect(receiver.asked.at(-1)?.effect).toBe("a:2");
    receiver.asked[1]?.take();
    await Promise.resolve();
    await Promise.resolve();
    expect(receiver.outbox).toEqual([entry("a", 2)]);
  });

  it("is due at once after an eviction", () => {
    const receiver = new Receiver();
    receiver.outbox = [entry("a", 1)];
    expect(receiver.sender.dueAtMs(receiver.outbox)).toBe(0);
  });
});
