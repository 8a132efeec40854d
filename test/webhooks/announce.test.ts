import { beforeEach, describe, expect, it, vi } from "vitest";
import { newTask } from "../../src/tasks/task.ts";
import { toTaskState } from "../../src/tasks/task-state.ts";
import { announce, forgetKnownWebhooks, mayBeWanted } from "../../src/webhooks/announce.ts";
import type { OccurredEvent } from "../../src/webhooks/endpoint.ts";
import type { ListedWebhook } from "../../src/webhooks/webhook-stub.ts";
import { WEBHOOK_EVENTS } from "../../worker-client/protocol-webhooks.ts";

const WEBHOOK_HOSTS = "hooks.example.com";

function listed(id: string, webhook: Partial<ListedWebhook> = {}): ListedWebhook {
  return {
    id,
    revision: 1,
    isOn: true,
    events: WEBHOOK_EVENTS,
    prefix: null,
    queue: null,
    ...webhook,
  };
}

/** The objects of these webhooks. */
function objects(...webhooks: readonly ListedWebhook[]) {
  const taken: (OccurredEvent & { readonly webhook: string })[] = [];
  const broken = new Set<string>();
  const list = vi.fn(async () => webhooks);
  const nothing = async (): Promise<never> => {
    throw new Error("nobody asks for this here");
  };
  const env = {
    WEBHOOK_REGISTRY: { getByName: () => ({ list, note: nothing, remove: nothing }) },
    WEBHOOKS: {
      getByName: (webhook: string) => ({
        async take(event: OccurredEvent) {
          if (broken.has(webhook)) throw new Error("the disk is full");
          taken.push({ ...event, webhook });
        },
        ...{ put: nothing, read: nothing, remove: nothing, deliveries: nothing },
        ...{ redeliver: nothing, sendTest: nothing },
      }),
    },
  };
  return { env, taken, broken, list };
}

const state = toTaskState("train-7", newTask(Date.UTC(2026, 0, 31)), 0);
const event = { event: "task.ended", atMs: Date.UTC(2026, 0, 31), state } as const;

beforeEach(() => {
  forgetKnownWebhooks();
  vi.useFakeTimers();
  return () => {
    vi.useRealTimers();
  };
});

describe("an event of a task", () => {
  it("goes to each webhook that wants it, as it was when it happened", async () => {
    const { env, taken } = objects(
      listed("all"),
      listed("some", { prefix: "train-" }),
      listed("none", { prefix: "build-" }),
      listed("off", { isOn: false }),
    );
    await announce(env, event);
    expect(taken.map(({ webhook }) => webhook)).toEqual(["all", "some"]);
    const [{ webhook: _, ...one } = { webhook: "" }] = taken;
    expect(one).toEqual({
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      type: "task.ended",
      taskId: "train-7",
      queue: null,
      payload: JSON.stringify({
        type: "task.ended",
        timestamp: "2026-01-31T00:00:00.000Z",
        data: state,
      }),
    });
  });

  it("has one id however often it is sent, and no other event has it", async () => {
    const { env, taken } = objects(listed("hook"));
    const others = [
      { ...event, event: "task.started" },
      { ...event, state: { ...state, revision: state.revision + 1 } },
      { ...event, state: { ...state, id: "train-8" } },
    ] as const;
    for (const one of [event, event, ...others]) await announce(env, one);
    expect(taken[0]?.id).toBe(taken[1]?.id);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(4);
  });

  it("is not done while a webhook has not taken it; the others are told all the same", async () => {
    const { env, taken, broken } = objects(listed("broken"), listed("sound"));
    broken.add("broken");
    await expect(announce(env, event)).rejects.toThrow("the disk is full");
    expect(taken.map(({ webhook }) => webhook)).toEqual(["sound"]);
  });

  it("finds a list that is at most ten seconds old", async () => {
    const { env, list } = objects();
    for (const seconds of [0, 9.9, 0.1, 9.9]) {
      vi.advanceTimersByTime(seconds * 1000);
      await announce(env, event);
    }
    expect(list).toHaveBeenCalledTimes(2);
  });
});

describe("whether an event may be wanted", () => {
  it("is known at once if there are no webhooks at all", () => {
    for (const hosts of ["", "*"]) {
      expect(mayBeWanted({ WEBHOOK_HOSTS: hosts }, "task.ended", state)).toBe(false);
    }
    expect(mayBeWanted({}, "task.ended", state)).toBe(false);
  });

  it("is not known before the list was asked for, and then for ten seconds", async () => {
    const { env } = objects(listed("hook", { prefix: "train-", events: ["task.ended"] }));
    const isWanted = (type: "task.ended" | "task.lost", id: string) =>
      mayBeWanted({ WEBHOOK_HOSTS }, type, { ...state, id });
    expect(isWanted("task.lost", "build-1")).toBe(true);
    await announce(env, event);
    expect(isWanted("task.ended", "train-1")).toBe(true);
    expect(isWanted("task.ended", "build-1")).toBe(false);
    expect(isWanted("task.lost", "train-1")).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(isWanted("task.lost", "build-1")).toBe(true);
  });
});
