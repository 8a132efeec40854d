import { describe, expect, it } from "vitest";
import { transition } from "../../src/lifecycle/transition.ts";
import { withDelivery } from "../../src/lifecycle/with-delivery.ts";
import { AT } from "./at.ts";
import { changed } from "./changed.ts";
import { event } from "./event.ts";
import { taskIn } from "./task-in.ts";

describe("withDelivery", () => {
  it.each(["cancelling", "cancelled", "timed_out"] as const)(
    "notes on the receipt of a %s task when the cancel was handed out, without a new revision",
    (status) => {
      const task = taskIn(status);
      const delivered = withDelivery(task, AT.later);
      expect(delivered).toMatchObject({
        revision: task.revision,
        cancellation: { deliveredAtMs: AT.later },
      });
    },
  );

  it("notes the first time only", () => {
    const delivered = withDelivery(taskIn("cancelling"), AT.cancelled);
    expect(withDelivery(delivered, AT.later)).toBe(delivered);
  });

  it("notes it on a cancel that came too late, too", () => {
    const done = changed(transition(taskIn("cancelling"), event.finish("succeeded"), AT.ended));
    expect(withDelivery(done, AT.later)).toMatchObject({
      status: "succeeded",
      cancellation: { deliveredAtMs: AT.later },
    });
  });

  it.each(["pending", "running", "succeeded", "failed"] as const)(
    "gives a %s task back as it is: there is no cancel to hand out",
    (status) => {
      const task = taskIn(status);
      expect(withDelivery(task, AT.later)).toBe(task);
    },
  );
});
