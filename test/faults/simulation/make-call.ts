import { checkFailure } from "./check-failure.ts";
import type { World } from "./world.ts";

interface CallOptions {
  readonly waitSeconds?: number;
  /** The caller's own signal. */
  readonly own?: AbortSignal | undefined;
}

/**
 * Makes a call of the client, and sees to it that it settles as it should: with an answer, with a
 * refusal, or while the network is ill with nothing. Undefined: it failed, as it may.
 */
export async function makeCall<Answer>(
  world: World,
  name: string,
  call: () => Promise<Answer>,
  { waitSeconds = 0, own }: CallOptions = {},
): Promise<Answer | undefined> {
  const machine = world.here();
  const beganAtMs = world.nowMs;
  const sleptBeforeMs = machine.sleptMs;
  const wasWell = world.weather.isWell;
  const token = `${name} of ${machine.name}, begun at ${beganAtMs} ms`;
  world.calls.add(token);
  try {
    const answer = await call();
    world.coverage.count(`${name}: answered`);
    return answer;
  } catch (error) {
    const kind = error instanceof Error ? error.constructor.name : String(error);
    world.trace.note(machine.name, `${name} fails: ${kind}`);
    world.coverage.count(`${name}: ${kind}`);
    const idleMs = waitSeconds * 1000 + machine.sleptMs - sleptBeforeMs;
    const isOwn = own?.aborted && error === own.reason;
    if (!isOwn) checkFailure(world, { name, error, beganAtMs, wasWell, idleMs });
    return undefined;
  } finally {
    world.calls.delete(token);
  }
}
