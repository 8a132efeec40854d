import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashOf, NO_FILTER, parametersOf, type Route, routeFrom } from "../../console/route.ts";
import { taskCommands } from "../../console/ui/commands.ts";
import { TASK_STATUSES } from "../../worker-client/protocol.ts";

const filter = fc.record({
  statuses: fc.subarray([...TASK_STATUSES]),
  queue: fc.string({ unit: "binary" }),
  prefix: fc.string(),
  parent: fc.string(),
  createdAfter: fc.string(),
});
const name = fc.string({ unit: "binary", minLength: 1 });
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.record({ screen: fc.constant("tasks" as const), filter }),
  fc.record({ screen: fc.constant("task" as const), id: name }),
  fc.record({ screen: fc.constant("queues" as const) }),
  fc.record({ screen: fc.constant("queue" as const), queue: name }),
  fc.record({ screen: fc.constant("bulk" as const), filter }),
  fc.record({ screen: fc.constant("cancellation" as const), id: name }),
  fc.record({ screen: fc.constant("settings" as const) }),
);

describe("an address", () => {
  it("leads back to the screen that it was written for, whatever the id is", () => {
    fc.assert(
      fc.property(route, (screen) => {
        expect(routeFrom(hashOf(screen))).toEqual(screen);
      }),
    );
  });

  it("has a filter that a person can read, and that the API takes as it is", () => {
    const statuses = ["running", "cancelling"] as const;
    const createdAfter = "2026-01-31T09:00:00Z";
    const shown = { statuses, queue: "gpu", prefix: "train-", parent: "sweep-7", createdAfter };
    expect(hashOf({ screen: "tasks", filter: shown })).toBe(
      "#/tasks?status=running%2Ccancelling&queue=gpu&prefix=train-&parent=sweep-7&createdAfter=2026-01-31T09%3A00%3A00Z",
    );
    expect(parametersOf(shown).get("status")).toBe("running,cancelling");
    expect(hashOf({ screen: "tasks", filter: NO_FILTER })).toBe("#/tasks");
  });

  it.each(["", "#", "#/", "#/nowhere", "#/task/", "#/tasks?status=lost&x=1"])(
    "%j leads to all tasks",
    (hash) => {
      expect(routeFrom(hash)).toEqual({ screen: "tasks", filter: NO_FILTER });
    },
  );

  it("with a broken escape is taken as it is", () => {
    expect(routeFrom("#/task/%E0%A4")).toEqual({ screen: "task", id: "%E0%A4" });
  });
});

describe("the lines for a terminal", () => {
  const context = { origin: "http://127.0.0.1:8080", hasToken: true };
  const linesOf = (...[id, reason]: [string, string]) =>
    taskCommands(id, reason, context).map(({ line }) => line);

  it("do what the screen does, and never hold a token", () => {
    expect(linesOf("job-1", "wrong data")).toEqual([
      "edge-canceler cancel job-1 --reason 'wrong data' --wait --url http://127.0.0.1:8080",
      "edge-canceler watch job-1 --url http://127.0.0.1:8080",
      `curl -H "Authorization: Bearer $EDGE_CANCELER_TOKEN" -X POST http://127.0.0.1:8080/v1/tasks/job-1/cancel -d '{"reason":"wrong data"}'`,
      `curl -H "Authorization: Bearer $EDGE_CANCELER_TOKEN" -N -H 'Accept: text/event-stream' 'http://127.0.0.1:8080/v1/tasks/job-1?observe=true'`,
    ]);
  });

  it("quote what a shell would act on", () => {
    const [cancel] = linesOf("~2Fhome", "it's $(rm -rf ~)");
    expect(cancel).toContain(`cancel '~2Fhome' --reason 'it'\\''s $(rm -rf ~)' --wait`);
  });

  it("leave the command out where it would take the id for an option", () => {
    expect(linesOf("-rf", "")).toEqual(
      linesOf("-rf", "").filter((line) => line.startsWith("curl")),
    );
  });
});
