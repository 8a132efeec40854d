import { cancellationOf, isEnded, type Task } from "../../../src/tasks/task.ts";
import { toTaskState } from "../../../src/tasks/task-state.ts";
import { dueAtMs } from "./due-at-ms.ts";
import type { World } from "./world.ts";

/** What is promised of every change of the task, said once more in other words than the service's. */
export function checkChange(world: World, before: Task | null, after: Task | null, why: string) {
  const { truth, service } = world;
  world.trace.note("service", `${why}: ${name(before)} → ${name(after)}`);
  if (why === "timer" && before !== null && service.wallMs < dueAtMs(before)) {
    world.violate("I7", `a timer made ${name(after)} of ${name(before)} before it was due`);
  }
  if (after === null) {
    truth.timesForgotten++;
    if (before === null) return;
    if (!isEnded(before)) world.violate("I6", "a live task was forgotten");
    world.expectToBeLearntBy([...world.listeners], true);
    return;
  }
  if (before !== null && isEnded(before)) world.violate("I6", `${name(before)} was changed`);
  if (after.revision !== (before?.revision ?? after.createdAtMs) + 1)
    world.violate("I6", "a change is a revision");
  truth.highestAttempt = Math.max(truth.highestAttempt, after.attempt);
  const cancellation = cancellationOf(after);
  const { cancellation: receipt } = toTaskState(service.id, after, 0);
  if (before !== null && cancellationOf(before) !== null) {
    if (receipt === null) world.violate("I1", `${name(after)} has lost its cancellation`);
  } else if (cancellation !== null && receipt !== null) {
    truth.cancellations.push(receipt);
    world.coverage.count(`on record: ${cancellation.cause}`);
    if (cancellation.cause === "request" && truth.cancelsSent === 0) {
      world.violate("I4", "the service has a cancellation that nobody asked for");
    }
    if (world.isCalm) world.coverage.count("cancelled when all was calm");
  }
  world.expectToBeLearntBy([...world.listeners], true);
}

function name(task: Task | null): string {
  return task === null ? "unknown" : `${task.status} r${task.revision} a${task.attempt}`;
}
