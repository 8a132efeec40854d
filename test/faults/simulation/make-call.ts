import { RequestRefusedError, ServiceUnreachableError } from "../../../worker-client/index.ts";
import type { World } from "./world.ts";

/**
 * Makes a call of the client, and sees to it that it settles as it should: with an answer, with a
 * refusal, or while the network is ill with nothing. Undefined: it failed, as it may.
 */
export async function makeCall<Answer>(
  world: World,
  name: string,
  call: () => Promise<Answer>,
  own?: AbortSignal,
): Promise<Answer | undefined> {
  const who = world.here().name;
  const token = `${name} of ${who}, begun at ${world.nowMs} ms`;
  const wasWell = world.weather.isWell;
  world.calls.add(token);
  try {
    const answer = await call();
    world.coverage.count(`${name}: answered`);
    return answer;
  } catch (error) {
    const kind = error instanceof Error ? error.constructor.name : String(error);
    world.trace.note(who, `${name} fails: ${kind}`);
    world.coverage.count(`${name}: ${kind}`);
    const isOwn = own?.aborted && error === own.reason;
    const isRefused = error instanceof RequestRefusedError && error.status < 500;
    if (wasWell && !isOwn && !(isRefused && error.problem !== null)) {
      world.violate("settles", `${token}, when all was well, failed: ${String(error)}`);
    } else if (!isOwn && !isRefused && !(error instanceof ServiceUnreachableError)) {
      world.violate("settles", `${token}, failed in no known way: ${String(error)}`);
    }
    return undefined;
  } finally {
    world.calls.delete(token);
  }
}
