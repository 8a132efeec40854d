import { runInDurableObject } from "cloudflare:test";
import { assert, describe, expect, it, onTestFinished, vi } from "vitest";
import { TaskObject } from "../../src/tasks/task-object.ts";
import type { TaskState } from "../../worker-client/protocol.ts";
import type { TaskHistory } from "../../worker-client/protocol-directory.ts";
import type { TaskTree } from "../../worker-client/protocol-trees.ts";
import { clock } from "./clock.ts";
import {
  bearer,
  bring,
  call,
  closedService,
  everythingOf,
  mint,
  newId,
  objectOf,
  problemInAnswer,
  ring,
  taskInAnswer,
} from "./harness.ts";

function declare(id: string, json: object, headers = {}): Promise<Response> {
  return call("PUT", `/v1/tasks/${id}`, { json, headers });
}

function start(id: string, json: object): Promise<Response> {
  return call("POST", `/v1/tasks/${id}/start`, { json: { holder: "holder-1", ...json } });
}

function cancel(id: string, query = ""): Promise<Response> {
  return call("POST", `/v1/tasks/${id}/cancel${query}`);
}

/** A task as it is once it has changed to this status. */
async function awaited(id: string, status: TaskState["status"], headers = {}): Promise<TaskState> {
  for (let revision = 0; ; ) {
    const path = `/v1/tasks/${id}?wait=10&revision=${revision}&observe=true`;
    const task = await taskInAnswer(call("GET", path, { headers }), 200);
    if (task.status === status) return task;
    revision = task.revision;
  }
}

describe("a parent", () => {
  it("that is cancelled takes its children along, and those theirs", async () => {
    const [a, b, c] = [newId(), newId(), newId()];
    await taskInAnswer(declare(b, { parent: a }), 201);
    await taskInAnswer(start(c, { parent: b }), 200);
    await taskInAnswer(cancel(a), 200);
    await awaited(b, "cancelled");
    const { parent, cancellation } = await awaited(c, "cancelling");
    expect(parent).toBe(b);
    expect(cancellation).toMatchObject({ cause: "parent", reason: `cancelled with ${a}` });
  });

  it("is answered once all below it have ended, if the cancel waits for the tree", async () => {
    const [a, b] = [newId(), newId()];
    await taskInAnswer(start(b, { parent: a }), 200);
    expect(await taskInAnswer(cancel(a, "?tree=true"), 202)).toMatchObject({ status: "cancelled" });
    const waiting = cancel(a, "?tree=true&wait=30");
    await awaited(b, "cancelling");
    const end = { attempt: 1, status: "cancelled" };
    await taskInAnswer(call("POST", `/v1/tasks/${b}/finish`, { json: end }), 200);
    const { descendants } = await taskInAnswer(waiting, 200);
    expect(descendants).toEqual({ total: 1, ended: 1, acknowledged: 1, unconfirmed: 0 });
  });

  it("that was cancelled has children that are born so", async () => {
    const [a, b, c] = [newId(), newId(), newId()];
    await cancel(a);
    const json = { parent: a, metadata: { by: "test" } };
    expect(await taskInAnswer(declare(b, json), 201)).toMatchObject({
      status: "cancelled",
      cancellation: { cause: "parent" },
      metadata: { by: "test" },
    });
    const { task } = await problemInAnswer(start(c, { parent: a }), 409, "task-ended");
    expect(task).toMatchObject({ status: "cancelled", attempt: 0 });
    await taskInAnswer(declare(newId(), { parent: a, onParentCancel: "ignore" }), 201);
    const waited = await taskInAnswer(cancel(a, "?tree=true"), 202);
    expect(waited.descendants).toMatchObject({ total: 3, ended: 2 });
  });

  it("is not forgotten before its children have ended", async () => {
    const [a, b] = [newId(), newId()];
    await bring(a, "succeeded");
    await taskInAnswer(start(b, { parent: a }), 200);
    await problemInAnswer(call("DELETE", `/v1/tasks/${a}`), 409, "task-alive");
    const end = { attempt: 1, status: "succeeded" };
    await taskInAnswer(call("POST", `/v1/tasks/${b}/finish`, { json: end }), 200);
    await taskInAnswer(cancel(a, "?tree=true&wait=10"), 200);
    expect((await call("DELETE", `/v1/tasks/${a}`)).status).toBe(204);
  });
});

describe("a parent whose child is started again after its end, and forgotten just then", () => {
  const adopted = (parent: string, child: string) =>
    runInDurableObject(objectOf(parent), (object) => {
      assert(object instanceof TaskObject);
      return object.adopt({ child, staysOn: false });
    });

  it("finds out that it has ended, and is cancelled with its tree and forgotten", async () => {
    const [a, b] = [newId(), newId()];
    clock.stop();
    await taskInAnswer(declare(b, { parent: a }), 201);
    await taskInAnswer(cancel(b), 200);
    await taskInAnswer(cancel(a, "?tree=true&wait=30"), 200);
    // The start gets so far, and its Worker is ended.
    const adoption = await adopted(a, b);
    assert(adoption.kind === "adopted");
    expect((await call("DELETE", `/v1/tasks/${b}`)).status).toBe(204);
    await taskInAnswer(cancel(a, "?tree=true"), 202);
    await problemInAnswer(call("DELETE", `/v1/tasks/${a}`), 409, "task-alive");
    clock.advance(61);
    expect(await ring(a)).toBe(true);
    const { descendants } = await taskInAnswer(cancel(a, "?tree=true&wait=30"), 200);
    expect(descendants).toMatchObject({ total: 1, ended: 1 });
    expect((await call("DELETE", `/v1/tasks/${a}`)).status).toBe(204);
    await problemInAnswer(call("GET", `/v1/tasks/${b}`), 404, "task-unknown");
    // Should that Worker live after all, it asks the parent again.
    const late = await runInDurableObject(objectOf(b), (object) => {
      assert(object instanceof TaskObject);
      const { ancestors, atMs: adoptedAtMs } = adoption;
      return object.command({ type: "start", holder: "z", ancestors, adoptedAtMs });
    });
    expect(late).toMatchObject({ kind: "refused", refusal: "outdated" });
    clock.advance(60);
    expect(await ring(b)).toBe(true);
    expect(await everythingOf(b)).toEqual({ rows: new Map(), alarmAtMs: null, sockets: 0 });
    await taskInAnswer(start(b, { parent: a }), 200);
  });

  it("asks for a child again that was forgotten in between", async () => {
    const [a, b] = [newId(), newId()];
    const asked = vi.spyOn(TaskObject.prototype, "command");
    onTestFinished(() => asked.mockRestore());
    asked.mockResolvedValueOnce({ kind: "refused", refusal: "outdated", task: null });
    expect(await taskInAnswer(start(b, { parent: a }), 200)).toMatchObject({ parent: a });
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

describe("the tree of a task", () => {
  it("shows what is below it, as deep as was asked for, and counts what it leaves out", async () => {
    const [a, b, c, d] = [newId(), newId(), newId(), newId()];
    await taskInAnswer(declare(b, { parent: a }), 201);
    await taskInAnswer(start(c, { parent: b }), 200);
    await taskInAnswer(declare(d, { parent: a }), 201);
    const treeOf = async (query: string): Promise<TaskTree> =>
      (await call("GET", `/v1/tasks/${a}/tree${query}`)).json();
    const whole = await treeOf("");
    expect(whole).toMatchObject({
      id: a,
      status: "pending",
      hidden: 0,
      children: [
        { id: d, status: "pending", descendants: null, children: [] },
        { id: b, status: "pending", children: [{ id: c, status: "running" }] },
      ],
    });
    expect(await treeOf("?depth=0")).toMatchObject({ id: a, children: [], hidden: 2 });
    const shallow = await treeOf("?depth=1");
    expect(shallow.children.map(({ id, hidden }) => [id, hidden])).toEqual([
      [d, 0],
      [b, 1],
    ]);
    await problemInAnswer(call("GET", `/v1/tasks/${a}/tree?depth=x`), 400, "bad-request");
    await problemInAnswer(call("GET", `/v1/tasks/${newId()}/tree`), 404, "task-unknown");
  });

  it("lists no task that has another parent, or none, though it was asked to adopt it", async () => {
    const [a, b, c, d] = [newId(), newId(), newId(), newId()];
    await taskInAnswer(declare(b, { parent: a }), 201);
    for (const id of [c, d]) await taskInAnswer(declare(id, {}), 201);
    await taskInAnswer(declare(b, { parent: d }), 200);
    await taskInAnswer(start(c, { parent: d }), 200);
    const tree = await (await call("GET", `/v1/tasks/${d}/tree`)).json();
    expect(tree).toMatchObject({ id: d, children: [], hidden: 0, descendants: { total: 0 } });
    expect(await (await call("GET", `/v1/tasks/${a}/tree`)).json()).toMatchObject({
      children: [{ id: b }],
      hidden: 0,
    });
  });

  it("hides a child that cannot be reached, and shows the others", async () => {
    const [a, b, c] = [newId(), newId(), newId()];
    await taskInAnswer(declare(b, { parent: a }), 201);
    await taskInAnswer(declare(c, { parent: a }), 201);
    await runInDurableObject(objectOf(c), (object) => {
      assert(object instanceof TaskObject);
      vi.spyOn(object, "relatives").mockRejectedValueOnce(new Error("it is cut off"));
    });
    const tree = await (await call("GET", `/v1/tasks/${a}/tree`)).json();
    expect(tree).toMatchObject({ id: a, children: [{ id: b, status: "pending" }], hidden: 1 });
  });

  it("hides the children that the token does not name", async () => {
    const secret = closedService();
    const admin = bearer(await mint(secret));
    const [a, b] = [`mine-${newId()}`, newId()];
    await taskInAnswer(declare(b, { parent: a }, admin), 201);
    const headers = bearer(await mint(secret, { scope: "watch", tasks: ["mine-*"] }));
    const tree = await (await call("GET", `/v1/tasks/${a}/tree`, { headers })).json();
    expect(tree).toMatchObject({ id: a, descendants: { total: 1 }, children: [], hidden: 1 });
    const child = { parent: a };
    const limited = bearer(await mint(secret, { tasks: ["mine-*"] }));
    await problemInAnswer(declare(newId(), child, limited), 404, "task-unknown");
    const after = await call("GET", `/v1/tasks/${a}`, { headers });
    expect((await taskInAnswer(after, 200)).descendants).toMatchObject({ total: 1 });
  });
});

describe("a child", () => {
  it("takes the place of its parent's other children", async () => {
    const [deploys, d8, d9] = [newId(), newId(), newId()];
    await taskInAnswer(start(d8, { parent: deploys }), 200);
    await taskInAnswer(declare(d9, { parent: deploys, supersede: true }), 201);
    const { cancellation } = await awaited(d8, "cancelling");
    expect(cancellation).toMatchObject({ cause: "superseded", reason: `superseded by ${d9}` });
    await problemInAnswer(declare(newId(), { supersede: true }), 400, "bad-request");
  });

  it("takes their place only by a token that may cancel", async () => {
    const [deploys, d8, d9] = [newId(), newId(), newId()];
    const child = { parent: deploys, supersede: true };
    const secret = closedService();
    const all = bearer(await mint(secret));
    await taskInAnswer(declare(d8, { parent: deploys }, all), 201);
    const weak = bearer(await mint(secret, { scope: "declare" }));
    await problemInAnswer(declare(d9, child, weak), 403, "forbidden");
    const claims = { sub: "ann" };
    const strong = bearer(await mint(secret, { scope: "declare cancel", claims }));
    await taskInAnswer(declare(d9, child, strong), 201);
    const { parent, cancellation } = await awaited(d8, "cancelled", all);
    expect([parent, cancellation?.requestedBy]).toEqual([deploys, "ann"]);
    const history = await call("GET", `/v1/tasks/${d8}/history`, { headers: all });
    const { entries } = await history.json<TaskHistory>();
    expect(entries).toContainEqual(expect.objectContaining({ type: "cancelled", by: "ann" }));
  });

  it("that was declared to ignore its parent's cancel starts after it, though that names the parent", async () => {
    const [a, b, c] = [newId(), newId(), newId()];
    await taskInAnswer(declare(b, { parent: a, onParentCancel: "ignore" }), 201);
    await taskInAnswer(cancel(a), 200);
    const started = await taskInAnswer(start(b, { parent: a }), 200);
    expect(started).toMatchObject({ status: "running", cancellation: null });
    await taskInAnswer(start(c, { parent: a, onParentCancel: "ignore" }), 200);
    expect(await taskInAnswer(declare(c, { parent: a }), 200)).toMatchObject({ status: "running" });
  });

  it("names its parent in a header, unless its body says otherwise", async () => {
    const [a, b] = [newId(), newId()];
    const headers = { "Edge-Canceler-Parent": a };
    expect(await taskInAnswer(declare(newId(), {}, headers), 201)).toMatchObject({ parent: a });
    const named = await taskInAnswer(declare(newId(), { parent: b }, headers), 201);
    const none = await taskInAnswer(declare(newId(), { parent: null }, headers), 201);
    expect([named.parent, none.parent]).toEqual([b, null]);
    const wrong = { "Edge-Canceler-Parent": "no/id" };
    await problemInAnswer(declare(newId(), {}, wrong), 400, "bad-request");
  });

  it("that has another parent, or none, makes none", async () => {
    const [a, b, c, unknown] = [newId(), newId(), newId(), newId()];
    await taskInAnswer(start(b, { parent: a }), 200);
    await taskInAnswer(declare(c, {}), 201);
    const other = { parent: unknown, holder: "holder-2", leaseSeconds: 60 };
    expect(await taskInAnswer(start(c, other), 200)).toMatchObject({ parent: null });
    await problemInAnswer(start(c, { parent: unknown }), 409, "task-held");
    expect(await taskInAnswer(declare(b, { parent: unknown }), 200)).toMatchObject({ parent: a });
    await problemInAnswer(call("GET", `/v1/tasks/${unknown}`), 404, "task-unknown");
  });

  it("is not its own ancestor", async () => {
    const [a, b] = [newId(), newId()];
    await problemInAnswer(declare(a, { parent: a }), 409, "cycle");
    await problemInAnswer(call("GET", `/v1/tasks/${a}`), 404, "task-unknown");
    await taskInAnswer(declare(b, { parent: a }), 201);
    const { detail } = await problemInAnswer(declare(a, { parent: b }), 409, "cycle");
    expect(detail).toContain(`Task ${a} cannot be a child of ${b}`);
  });

  it("has a parent that its token names", async () => {
    const secret = closedService();
    const tasks = ["mine-*"];
    const headers = bearer(await mint(secret, { scope: "declare", tasks }));
    const id = `mine-${newId()}`;
    const foreign = newId();
    const refused = declare(id, { parent: foreign }, headers);
    const { detail } = await problemInAnswer(refused, 404, "task-unknown");
    expect(detail).toContain(`Task ${id} cannot be a child of ${foreign}, which the token`);
    await taskInAnswer(declare(id, { parent: `mine-${foreign}` }, headers), 201);
  });
});
