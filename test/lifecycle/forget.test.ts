import { describe, expect, it } from "vitest";
import { transition } from "../../src/lifecycle/transition.ts";
import { AT } from "./at.ts";
import { ENDED_STATUSES } from "./ended-statuses.ts";
import { event } from "./event.ts";
import { taskIn } from "./task-in.ts";

describe("forget", () => {
  it("has nothing to refuse where no task is known", () => {
    expect(transition(null, event.forget, AT.later)).toEqual({ kind: "forgotten" });
  });

  it.each(["pending", "running", "cancelling"] as const)("is refused on a %s task", (status) => {
    expect(transition(taskIn(status), event.forget, AT.later)).toEqual({
      kind: "refused",
      refusal: "alive",
      task: taskIn(status),
    });
  });

  it.each(ENDED_STATUSES)("forgets a %s task", (status) => {
    expect(transition(taskIn(status), event.forget, AT.later)).toEqual({ kind: "forgotten" });
  });
});
