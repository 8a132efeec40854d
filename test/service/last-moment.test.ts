import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { assert, describe, expect, it, vi } from "vitest";
import { parkedAnswer } from "../../src/durable/parked-answer.ts";
import type { TaskCommand } from "../../src/tasks/events.ts";
import { TaskObject } from "../../src/tasks/task-object.ts";
import type { TaskState } from "../../worker-client/protocol.ts";
import { clock } from "./clock.ts";
import {
  bring,
  call,
  newId,
  objectOf,
  PATIENCE,
  parked,
  problemInAnswer,
  taskInAnswer,
} from "./harness.ts";

const poll = (task: TaskState) =>
  call("GET", `/v1/tasks/${task.id}?wait=30&revision=${task.revision}`);
const cancel = (id: string) => call("POST", `/v1/tasks/${id}/cancel`);

/** Ends the one wait that is parked; back when the Worker has closed its socket. */
async function endWait(seconds: number): Promise<void> {
  await clock.timers(1);
  const nowMs = clock.advance(seconds);
  const isClosed = async () => (await clock.timers(1)).every((atMs) => atMs > nowMs);
  await vi.waitUntil(isClosed, PATIENCE);
}

/** Changes a task when the Worker has ended its wait, and before the object hears of that. */
function changeAtTheEnd(id: string, waitSeconds: number, command: TaskCommand): Promise<unknown> {
  return runInDurableObject(objectOf(id), (object, state) => {
    assert(object instanceof TaskObject);
    return state.blockConcurrencyWhile(async () => {
      await endWait(waitSeconds);
      await object.command(command);
    });
  });
}

const CANCEL = {
  type: "cancel",
  reason: null,
  requestedBy: null,
  gracePeriodSeconds: null,
} as const;
const FINISH = {
  type: "finish",
  attempt: 1,
  holder: null,
  status: "cancelled",
  result: null,
  error: null,
} as const;

describe("what is on its way when the wait ends is the answer", () => {
  it("to a long poll: the cancel", async () => {
    const id = newId();
    const running = await bring(id, "running");
    const answer = poll(running);
    await parked(id, 1);
    await changeAtTheEnd(id, 30, CANCEL);
    const task = await taskInAnswer(answer, 200);
    expect(task).toMatchObject({ status: "cancelling", revision: running.revision + 1 });
    // The receipt says so, and it is true.
    expect(task.cancellation?.deliveredAt).not.toBeNull();
    await parked(id, 0);
  });

  it("to the plain-text watch: true", async () => {
    const id = newId();
    const answer = call("GET", `/watch-task/${id}`);
    await parked(id, 1);
    await changeAtTheEnd(id, 5, CANCEL);
    expect(await (await answer).text()).toBe("true");
  });

  it("to a canceller that waits: the end, though the task is forgotten at once", async () => {
    const id = newId();
    await bring(id, "running", { retentionSeconds: 0 });
    const answer = call("POST", `/v1/tasks/${id}/cancel?wait=20`);
    await parked(id, 1);
    await changeAtTheEnd(id, 20, FINISH);
    expect(await taskInAnswer(answer, 200)).toMatchObject({ status: "cancelled" });
  });
});

describe("an object that does not answer when the wait ends", () => {
  /** The task's object goes away so often before it answers the close of a poll. */
  function silence(id: string, times: number): Promise<void> {
    return runInDurableObject(objectOf(id), (object) => {
      assert(object instanceof TaskObject);
      // Of this object alone: a poll of an earlier test may only just be closing.
      const close = vi.spyOn(object, "webSocketClose");
      for (let silent = 0; silent < times; silent++) close.mockImplementationOnce(async () => {});
    });
  }

  it("for five seconds is asked once more, and what it could not say is told", async () => {
    const id = newId();
    const running = await bring(id, "running");
    await silence(id, 1);
    const answer = poll(running);
    await endWait(30);
    await parked(id, 0);
    await cancel(id);
    clock.advance(5);
    expect(await taskInAnswer(answer, 200)).toMatchObject({ status: "cancelling" });
  });

  it("because it is cut off is asked once more, and what it could not say is told", async () => {
    const id = newId();
    const running = await bring(id, "running");
    await silence(id, 1);
    const answer = poll(running);
    await endWait(30);
    await parked(id, 0);
    await cancel(id);
    await abortAllDurableObjects();
    expect(await taskInAnswer(answer, 200)).toMatchObject({ status: "cancelling" });
  });

  it("is asked once more, and if nothing has changed the wait is over", async () => {
    const id = newId();
    const running = await bring(id, "running");
    await silence(id, 1);
    const answer = poll(running);
    await endWait(30);
    clock.advance(5);
    expect((await answer).status).toBe(304);
    await parked(id, 0);
  });

  it("is not asked a third time: 503 with Retry-After", async () => {
    const id = newId();
    const running = await bring(id, "running");
    await silence(id, 2);
    const answer = poll(running);
    await endWait(30);
    await endWait(5);
    clock.advance(5);
    await problemInAnswer(answer, 503, "overloaded");
    expect((await answer).headers.get("Retry-After")).toBe("1");
  });
});

describe("no timer is left behind", () => {
  it("by a poll that was told", async () => {
    const id = newId();
    const running = await bring(id, "running");
    const answer = poll(running);
    await clock.timers(1);
    await cancel(id);
    await answer;
    await clock.timers(0);
  });

  it("by a poll whose wait is over", async () => {
    const id = newId();
    const running = await bring(id, "running");
    const answer = poll(running);
    await clock.timers(1);
    clock.advance(30);
    await answer;
    await clock.timers(0);
  });

  it("by a poll whose client has left", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const client = new AbortController();
    const { signal } = client;
    const answer = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`, { signal });
    await clock.timers(1);
    client.abort();
    await expect(answer).rejects.toThrow();
    await clock.timers(0);
  });

  it("by a poll whose client has left before it was parked, nor a socket", async () => {
    const { 0: far, 1: near } = new WebSocketPair();
    near.accept();
    const left = new Promise((resolve) => near.addEventListener("close", resolve));
    const answer = parkedAnswer(far, { waitMs: 30_000, signal: AbortSignal.abort() });
    await left;
    expect(await answer).toEqual({ kind: "cut" });
    await clock.timers(0);
  });

  it("by a poll that was cut off twice", async () => {
    const id = newId();
    const running = await bring(id, "running");
    const answer = poll(running);
    for (let cut = 0; cut < 2; cut++) {
      await parked(id, 1);
      await abortAllDurableObjects();
    }
    expect((await answer).status).toBe(503);
    await clock.timers(0);
  });

  it("by a poll that need not wait", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelling");
    const answer = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision - 1}`);
    await taskInAnswer(answer, 200);
    await clock.timers(0);
  });
});
