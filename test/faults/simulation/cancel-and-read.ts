import type { TaskState } from "../../../worker-client/index.ts";
import { checkRead } from "./check-read.ts";
import { makeCall } from "./make-call.ts";
import { newClient } from "./new-client.ts";
import type { World } from "./world.ts";

/** A round trip, and what a second of the wait is rounded up to. */
const SETTLES_WITHIN_MS = 3000;

/** A canceller: it cancels, and reads at once what it has been promised. */
export async function cancelAndRead(world: World, known: (TaskState | null)[]): Promise<void> {
  const { random, service, truth, coverage } = world;
  const client = newClient(true);
  const waitSeconds = random.percent(50) ? 0 : random.whole(1, 120);
  const own = random.percent(10) ? new AbortController() : undefined;
  if (own) setTimeout(() => own.abort(new Error("no longer interested")), random.whole(1, 30_000));
  const body = {
    waitSeconds,
    reason: `reason ${random.whole(1, 9)}`,
    signal: own?.signal,
    ...(random.percent(30) && { gracePeriodSeconds: random.whole(0, 300) }),
  };
  const beganAtMs = world.nowMs;
  const wasWell = world.weather.isWell;
  const task = await makeCall(world, "cancel", () => client.cancel(service.id, body), {
    waitSeconds,
    own: own?.signal,
  });
  if (task !== undefined) {
    known.push(task);
    const { cancellation, endedAt } = task;
    world.trace.note(world.here().name, `cancel is acknowledged: ${task.status} r${task.revision}`);
    coverage.count(`acknowledged: ${task.status}`);
    const isOnRecord = cancellation ? truth.hasCancellation(cancellation) : endedAt !== null;
    if (!truth.wasSaid(task) || !isOnRecord) world.violate("I1", "a cancel was made up");
    if (endedAt === null && world.nowMs - beganAtMs < waitSeconds * 1000) {
      world.violate("I7", `cancel did not wait ${waitSeconds} s`);
    }
    if (wasWell && world.nowMs - beganAtMs > waitSeconds * 1000 + SETTLES_WITHIN_MS) {
      world.violate("settles", `cancel waited longer than ${waitSeconds} s`);
    }
  }
  const before = known.at(-1) ?? null;
  const read = await makeCall(world, "get", () => client.get(service.id));
  if (read !== undefined) checkRead(world, before, read);
}
