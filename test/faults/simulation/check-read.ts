import type { TaskState } from "../../../worker-client/index.ts";
import type { World } from "./world.ts";

/** A read that began when `known` had been acknowledged sees that or what came of it. */
export function checkRead(world: World, known: TaskState | null, read: TaskState | null): void {
  const { truth, coverage } = world;
  if (read !== null && !truth.wasSaid(read)) world.violate("I4", "a state was read that never was");
  if (known === null) return;
  if (read === null || read.createdAt !== known.createdAt) {
    if (truth.timesForgotten === 0) world.violate("I2", "a known task was not read");
    return;
  }
  coverage.count("read after an acknowledgement");
  if (read.revision < known.revision) {
    world.violate("I2", `revision ${read.revision} was read after ${known.revision}`);
  }
  if (known.cancellation !== null && read.cancellation === null) {
    world.violate("I2", "an acknowledged cancel was not read");
  }
}
