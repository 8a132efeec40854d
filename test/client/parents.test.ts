import { expect, it } from "vitest";
import { currentTask, TaskClient } from "../../worker-client/index.ts";
import { taskState } from "./task-state.ts";

/** A client whose service starts everything, and the requests that it got, each with its parent. */
function recordedClient() {
  const sent: string[] = [];
  const client = new TaskClient({
    url: "https://cancel.example.com",
    fetch: async (url, init) => {
      const { pathname } = new URL(url);
      const [, id = "", verb = ""] = /tasks\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
      const header = new Headers(init.headers).get("Edge-Canceler-Parent");
      const { parent } = JSON.parse(String(init.body ?? "{}"));
      if (["", "start"].includes(verb) && init.method !== "GET") {
        // The body counts, as at the service.
        sent.push(`${verb || "declare"} ${id} below ${parent === undefined ? header : parent}`);
      }
      if (init.method === "GET") await new Promise((resolve) => setTimeout(resolve, 50));
      return Response.json(taskState(decodeURIComponent(id)));
    },
  });
  return { client, sent };
}

it("what the work of a run declares, starts or runs is a child of its task", async () => {
  const { client, sent } = recordedClient();
  expect(currentTask()).toBeUndefined();
  await client.run("outer/1", async () => {
    expect(currentTask()).toBe("outer~2F1");
    await client.declare("a");
    await client.start("b", { parent: "other/2" });
    await client.start("c", { parent: null });
    await client.run("inner", async () => client.declare("d"));
  });
  expect(currentTask()).toBeUndefined();
  expect(sent).toEqual([
    "start outer~2F1 below null",
    "declare a below outer~2F1",
    "start b below other~2F2",
    "start c below null",
    "start inner below outer~2F1",
    "declare d below inner",
  ]);
});

it("a run in a command that is a task is a child of that", async () => {
  const { client, sent } = recordedClient();
  process.env["EDGE_CANCELER_TASK"] = "job-1";
  try {
    await client.run("part", async () => {});
    await client.run("alone", async () => {}, { parent: null });
    await client.run("job-1", async () => {});
  } finally {
    delete process.env["EDGE_CANCELER_TASK"];
  }
  expect(sent).toEqual([
    "start part below job-1",
    "start alone below null",
    "start job-1 below null",
  ]);
});
