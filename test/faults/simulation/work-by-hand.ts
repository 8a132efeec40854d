import { makeCall } from "./make-call.ts";
import { newClient } from "./new-client.ts";
import { pause } from "./pause.ts";
import type { World } from "./world.ts";

/** A worker that starts and finishes by itself, and watches nothing. */
export async function workByHand(world: World, workMs: number): Promise<void> {
  const { random, service, truth } = world;
  const { name } = world.here();
  const client = newClient(true);
  const task = await makeCall(world, "start", () => client.start(service.id));
  if (task === undefined) return;
  const { attempt } = task;
  if (!truth.wasGranted(name, task)) world.violate("I5", `${name} was not granted ${attempt}`);
  await pause(workMs);
  const status = random.one(["succeeded", "failed", "cancelled"] as const);
  const end = await makeCall(world, "finish", () => client.finish(service.id, { attempt, status }));
  if (end === undefined) return;
  if (!truth.wasSaid(end)) world.violate("I5", `${name} is told of an end that never was`);
  if (end.endedAt === null) world.violate("I6", `${name} has finished a task that goes on`);
}
