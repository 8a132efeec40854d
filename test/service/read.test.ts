import { describe, expect, it } from "vitest";
import { bring, call, newId, problemInAnswer, taskInAnswer } from "./harness.ts";

describe("GET /v1/tasks/:id", () => {
  it.each(["pending", "running", "cancelling", "succeeded", "failed", "cancelled"] as const)(
    "answers with a %s task as its last command left it",
    async (status) => {
      const id = newId();
      const task = await bring(id, status);
      expect(task.status).toBe(status);
      expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(task);
    },
  );

  it("answers 404 for an unknown id, and says how to make it known", async () => {
    const id = newId();
    const { detail } = await problemInAnswer(call("GET", `/v1/tasks/${id}`), 404, "task-unknown");
    expect(detail).toContain(id);
    expect(detail).toContain("PUT");
  });

  it.each([
    ["its ETag", "", { "If-None-Match": 'W/"REVISION"' }],
    ["its ETag as a strong one", "", { "If-None-Match": '"REVISION"' }],
    ["its revision", "?revision=REVISION", {}],
  ])("answers 304 without a body to who has %s", async (_, query, headers) => {
    const id = newId();
    const { revision } = await bring(id, "running");
    const named = (text: string) => text.replace("REVISION", String(revision));
    const response = await call("GET", `/v1/tasks/${id}${named(query)}`, {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, named(text)]),
      ),
    });
    expect(response.status).toBe(304);
    expect(response.headers.get("ETag")).toBe(`W/"${revision}"`);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(await response.text()).toBe("");
  });

  it.each([
    ["an older revision", "?revision=1", {}],
    ["an older ETag", "", { "If-None-Match": 'W/"1"' }],
    ["an ETag that was never ours", "", { "If-None-Match": '"abc"' }],
    ["an empty revision", "?revision=", {}],
  ])("answers 200 with the task to who has %s", async (_, query, headers) => {
    const id = newId();
    const task = await bring(id, "running");
    const response = call("GET", `/v1/tasks/${id}${query}`, { headers });
    expect(await taskInAnswer(response, 200)).toEqual(task);
  });

  it("has revision 0 for an unknown task: 304 to who knows that", async () => {
    const response = await call("GET", `/v1/tasks/${newId()}?revision=0`);
    expect(response.status).toBe(304);
    expect(response.headers.get("ETag")).toBe('W/"0"');
  });
});

describe("HEAD", () => {
  it.each([
    ["/ping", "/ping", {}],
    ["a task", "/v1/tasks/ID", {}],
    ["a task whose revision is known", "/v1/tasks/ID?revision=REVISION", {}],
    ["a long poll whose wait is over", "/v1/tasks/ID?wait=0&revision=REVISION", {}],
    ["the plain-text watch", "/watch-task/ID", {}],
    ["an unknown task", "/v1/tasks/unknown", {}],
    ["a bad id", "/v1/tasks/a%20b", {}],
    ["a route that is none", "/v2", {}],
  ])("of %s answers what GET does, without the body", async (_, path, headers) => {
    const id = newId();
    const { revision } = await bring(id, "cancelling");
    const url = path.replace("ID", id).replace("REVISION", String(revision));
    const get = await call("GET", url, { headers });
    const head = await call("HEAD", url, { headers });
    expect(head.status).toBe(get.status);
    expect([...head.headers].sort()).toEqual([...get.headers].sort());
    expect(await head.text()).toBe("");
    await get.body?.cancel();
  });

  it.each([
    ["a long poll", "/v1/tasks/ID?wait=30", {}],
    ["the plain-text watch", "/watch-task/ID", {}],
    ["server-sent events", "/v1/tasks/ID", { Accept: "text/event-stream" }],
  ])("of %s does not wait, and delivers no cancel", async (_, path, headers) => {
    const id = newId();
    await bring(id, "cancelling");
    const head = await call("HEAD", path.replace("ID", id), { headers });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    const task = await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200);
    expect(task).toMatchObject({ watchers: 0, cancellation: { deliveredAt: null } });
  });

  it("of /cancel-task is refused, and cancels nothing: who only looks must not cancel", async () => {
    const id = newId();
    const running = await bring(id, "running");
    const head = await call("HEAD", `/cancel-task/${id}`);
    expect(head.status).toBe(405);
    expect(head.headers.get("Allow")).toBe("GET, POST");
    expect(await head.text()).toBe("");
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(running);
  });
});
