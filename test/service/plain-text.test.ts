import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { bring, call, newId, parked, ring, taskInAnswer } from "./harness.ts";

const watch = (id: string) => call("GET", `/watch-task/${id}`);

describe("the plain-text protocol", () => {
  it.each(["GET", "POST"])(
    "%s /cancel-task/:id answers ok, and the cancel is on record",
    async (method) => {
      const id = newId();
      const response = await call(method, `/cancel-task/${id}`);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe("ok");
      const task = await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
      expect(task).toMatchObject({ status: "cancelled", cancellation: { cause: "request" } });
    },
  );

  it.each(["pending", "running", "cancelling", "succeeded", "cancelled"] as const)(
    "/cancel-task of a %s task is ok too, as often as it is asked",
    async (status) => {
      const id = newId();
      await bring(id, status);
      for (let asked = 0; asked < 2; asked++) {
        expect(await (await call("GET", `/cancel-task/${id}`)).text()).toBe("ok");
      }
    },
  );

  it("/watch-task is parked until the cancel, and then answers true at once", async () => {
    const id = newId();
    const answer = watch(id);
    await parked(id, 1);
    await call("GET", `/cancel-task/${id}`);
    const response = await answer;
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("true");
  });

  it("/watch-task answers true at once, every time, when the cancel came first", async () => {
    const id = newId();
    await call("GET", `/cancel-task/${id}`);
    for (let asked = 0; asked < 3; asked++) {
      expect(await (await watch(id)).text()).toBe("true");
    }
  });

  it("/watch-task answers false when its 5 seconds are over", async () => {
    const id = newId();
    const nowMs = clock.stop();
    const answer = watch(id);
    await parked(id, 1);
    expect(await clock.timers(1)).toEqual([nowMs + 5000]);
    clock.advance(5);
    const response = await answer;
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("false");
  });

  it("/watch-task is not told of changes that are no cancel", async () => {
    const id = newId();
    await bring(id, "pending");
    const answer = watch(id);
    await parked(id, 1);
    await call("POST", `/v1/tasks/${id}/start`, { json: { holder: "a" } });
    await call("POST", `/v1/tasks/${id}/start`, { json: { holder: "b" } });
    await parked(id, 1);
    await call("POST", `/cancel-task/${id}`);
    expect(await (await answer).text()).toBe("true");
  });

  it.each(["succeeded", "failed"] as const)(
    "/watch-task of a task that %s without a cancel is parked, so that a loop does not spin",
    async (status) => {
      const id = newId();
      await bring(id, status);
      const answer = watch(id);
      await parked(id, 1);
      clock.advance(5);
      expect(await (await answer).text()).toBe("false");
    },
  );

  it("/watch-task stays parked when the task ends meanwhile without a cancel", async () => {
    const id = newId();
    await bring(id, "running");
    const answer = watch(id);
    await parked(id, 1);
    const json = { attempt: 1, status: "succeeded" };
    await call("POST", `/v1/tasks/${id}/finish`, { json });
    await parked(id, 1);
    clock.advance(5);
    expect(await (await answer).text()).toBe("false");
  });

  it("/watch-task answers true for a task that was cancelled and succeeded all the same", async () => {
    const id = newId();
    await bring(id, "cancelling");
    const json = { attempt: 1, status: "succeeded" };
    await call("POST", `/v1/tasks/${id}/finish`, { json });
    expect(await (await watch(id)).text()).toBe("true");
  });

  it("/watch-task answers true for a task whose deadline has passed", async () => {
    const id = newId();
    await bring(id, "running", { timeoutSeconds: 2 });
    const answer = watch(id);
    await parked(id, 1);
    clock.advance(2);
    await ring(id);
    expect(await (await answer).text()).toBe("true");
  });

  it("a worker that loops on watch stops because of the cancel", async () => {
    const id = newId();
    const worker = async () => {
      for (let asked = 1; ; asked++) {
        if ((await (await watch(id)).text()) === "true") return asked;
      }
    };
    const working = worker();
    for (let round = 0; round < 2; round++) {
      await parked(id, 1);
      clock.advance(5);
    }
    await parked(id, 1);
    await call("GET", `/cancel-task/${id}`);
    expect(await working).toBe(3);
  });
});
