import { describe, expect, it } from "vitest";
import { bring, call, newId, parked, problemInAnswer, taskInAnswer } from "./harness.ts";

const start = (id: string, holder: string) =>
  call("POST", `/v1/tasks/${id}/start`, { json: { holder } });
const cancel = (id: string) => call("POST", `/v1/tasks/${id}/cancel`);

describe("a long poll", () => {
  it("is parked until the task changes, and then told at once", async () => {
    const id = newId();
    const { revision } = await bring(id, "pending");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    const running = await taskInAnswer(start(id, "a"), 200);
    expect(await taskInAnswer(poll, 200)).toEqual({ ...running, watchers: 1 });
    await parked(id, 0);
  });

  it("may ask by preference, and is told that it was heard", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const headers = { Prefer: "respond-async, wait=30", "If-None-Match": `W/"${revision}"` };
    const poll = call("GET", `/v1/tasks/${id}`, { headers });
    await parked(id, 1);
    await cancel(id);
    expect(await taskInAnswer(poll, 200)).toMatchObject({
      status: "cancelling",
      revision: revision + 1,
    });
    expect((await poll).headers.get("Preference-Applied")).toBe("wait=30");
  });

  it("that names no revision is parked as well: it waits for the next change", async () => {
    const id = newId();
    await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30`);
    await parked(id, 1);
    await cancel(id);
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
  });

  it.each(["cancelling", "succeeded", "failed", "cancelled"] as const)(
    "on a %s task is answered at once",
    async (status) => {
      const id = newId();
      const { revision } = await bring(id, status);
      const poll = call("GET", `/v1/tasks/${id}?wait=300`);
      expect(await taskInAnswer(poll, 200)).toMatchObject({ status, revision, watchers: 0 });
    },
  );

  it("on a cancelling task whose revision it has is parked until the task ends", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelling");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    const json = { attempt: 1, status: "cancelled" };
    await call("POST", `/v1/tasks/${id}/finish`, { json });
    expect(await taskInAnswer(poll, 200)).toMatchObject({
      status: "cancelled",
      revision: revision + 1,
    });
  });

  it("on an ended task whose revision it has is parked until the task is forgotten: 410", async () => {
    const id = newId();
    const { revision } = await bring(id, "succeeded");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    await call("DELETE", `/v1/tasks/${id}`);
    const { detail } = await problemInAnswer(poll, 410, "task-gone");
    expect(detail).toContain(id);
  });

  it("that names a revision of a task nobody knows any more is answered 410 at once", async () => {
    await problemInAnswer(
      call("GET", `/v1/tasks/${newId()}?wait=300&revision=7`),
      410,
      "task-gone",
    );
  });

  it("on an unknown task is parked until the task is declared", async () => {
    const id = newId();
    const polls = [
      call("GET", `/v1/tasks/${id}?wait=30`),
      call("GET", `/v1/tasks/${id}?wait=30&revision=0`),
    ];
    await parked(id, 2);
    const { revision } = await bring(id, "pending");
    for (const poll of polls) {
      expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "pending", revision });
    }
  });

  it("is told when another attempt fences the one that watches", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    await start(id, "another");
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "running", attempt: 2 });
  });

  it("that hears nothing is over by itself, in real time", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const response = await call("GET", `/v1/tasks/${id}?wait=0.05&revision=${revision}`);
    expect(response.status).toBe(304);
  });

  it("is not told of what changes nothing: a second cancel, a second start", async () => {
    const id = newId();
    const { revision } = await bring(id, "cancelling");
    const poll = call("GET", `/v1/tasks/${id}?wait=30&revision=${revision}`);
    await parked(id, 1);
    await cancel(id);
    await start(id, "holder-1");
    await call("PUT", `/v1/tasks/${id}`);
    await parked(id, 1);
    await call("POST", `/v1/tasks/${id}/finish`, { json: { attempt: 1, status: "failed" } });
    expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "failed" });
  });
});

describe("no wake-up is lost", () => {
  it("a cancel that lands between two polls is told by the second", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const first = await call("GET", `/v1/tasks/${id}?wait=0&revision=${revision}`);
    expect(first.status).toBe(304);
    await cancel(id);
    const second = call("GET", `/v1/tasks/${id}?wait=300&revision=${revision}`);
    expect(await taskInAnswer(second, 200)).toMatchObject({
      status: "cancelling",
      revision: revision + 1,
    });
  });

  it("a cancel that races with a poll is told, whichever comes first", async () => {
    const ids = Array.from({ length: 16 }, newId);
    const tasks = await Promise.all(ids.map((id) => bring(id, "running")));
    const polls = tasks.map(async ({ id, revision }, index) => {
      const ask = () => call("GET", `/v1/tasks/${id}?wait=300&revision=${revision}`);
      const [poll] = await Promise.all(
        index % 2 === 0 ? [ask(), cancel(id)] : [cancel(id).then(ask), cancel(id)],
      );
      return (await taskInAnswer(poll, 200)).status;
    });
    expect(new Set(await Promise.all(polls))).toEqual(new Set(["cancelling"]));
  });

  it("every watch of a task is told, and a second one replaces no first", async () => {
    const id = newId();
    await bring(id, "running");
    const polls = Array.from({ length: 8 }, () => call("GET", `/v1/tasks/${id}?wait=30`));
    await parked(id, 8);
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toMatchObject({ watchers: 8 });
    await cancel(id);
    for (const poll of polls) {
      expect(await taskInAnswer(poll, 200)).toMatchObject({ status: "cancelling" });
    }
    await parked(id, 0);
  });

  it("a watch that was told and asks again misses nothing in between", async () => {
    const id = newId();
    let { revision } = await bring(id, "pending");
    for (const holder of ["a", "b", "c"]) {
      await start(id, holder);
      const poll = call("GET", `/v1/tasks/${id}?wait=300&revision=${revision}`);
      const task = await taskInAnswer(poll, 200);
      expect(task.revision).toBe(revision + 1);
      revision = task.revision;
    }
  });
});
