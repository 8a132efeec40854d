import { describe, expect, it } from "vitest";
import { isProblem, isTaskState } from "../../worker-client/wire.ts";
import { hostileProblems, hostileStates } from "./hostile-service.ts";
import { cancellingTask, problem, taskState } from "./task-state.ts";

describe("isTaskState()", () => {
  it("takes what the service says", () => {
    expect(isTaskState(taskState("1234"), "1234")).toBe(true);
    expect(isTaskState(cancellingTask("1234"), "1234")).toBe(true);
  });

  it("takes a status, a cause and whatever else a newer service may say", () => {
    const { cancellation, ...task } = cancellingTask("1234");
    const newer = {
      ...task,
      status: "paused",
      parent: "sweep-7",
      cancellation: { ...cancellation, cause: "parent", by: "sweep-7" },
    };
    expect(isTaskState(newer, "1234")).toBe(true);
  });

  it.each(Object.entries(hostileStates("1234")))("does not take %s", (_name, state) => {
    expect(isTaskState(state, "1234")).toBe(false);
  });
});

describe("isProblem()", () => {
  it("takes what the service says, with a task or without one", () => {
    expect(isProblem(problem("unauthorized", 401, "Who are you?"))).toBe(true);
    expect(isProblem(problem("task-ended", 409, "It has.", cancellingTask("1234")))).toBe(true);
  });

  it.each(Object.entries(hostileProblems("1234")))("does not take %s", (_name, body) => {
    expect(isProblem(body)).toBe(false);
  });
});
