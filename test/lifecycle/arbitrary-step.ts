import * as fc from "fast-check";
import type { TaskEvent } from "../../src/lifecycle/task-event.ts";
import { event } from "./event.ts";

/** What happens next, and when: some time after (or before) the last step, or around a due timer. */
export interface Step {
  readonly what: TaskEvent | { readonly type: "delivery" };
  readonly when:
    | { readonly type: "jump"; readonly ms: number }
    | { readonly type: "due"; readonly offsetMs: number };
}

/** Small ranges, so that attempts, holders and clocks meet often. */
const seconds = fc.option(fc.nat({ max: 60 }));
const report = fc.constantFrom("succeeded", "failed", "cancelled");

const what: fc.Arbitrary<Step["what"]> = fc.oneof(
  fc
    .record({ timeoutSeconds: seconds, gracePeriodSeconds: seconds, retentionSeconds: seconds })
    .map(event.declare),
  fc.constantFrom("a", "b", "c").map(event.start),
  fc
    .record({
      reason: fc.option(fc.constantFrom("first", "second")),
      requestedBy: fc.option(fc.constantFrom("x", "y")),
      gracePeriodSeconds: seconds,
    })
    .map(event.cancel),
  { arbitrary: fc.tuple(report, fc.nat({ max: 4 })).map(toFinish), weight: 2 },
  fc.constant(event.forget),
  { arbitrary: fc.constant(event.timer), weight: 4 },
  fc.constant({ type: "delivery" } as const),
);

const when: fc.Arbitrary<Step["when"]> = fc.oneof(
  fc.record({ type: fc.constant("jump"), ms: fc.integer({ min: -90_000, max: 90_000 }) }),
  fc.record({ type: fc.constant("due"), offsetMs: fc.integer({ min: -1, max: 1 }) }),
);

export const arbitraryStep: fc.Arbitrary<Step> = fc.record({ what, when });

function toFinish([status, attempt]: ["succeeded" | "failed" | "cancelled", number]) {
  return event.finish(status, { attempt });
}
