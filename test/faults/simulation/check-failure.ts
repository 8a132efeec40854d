import { RequestRefusedError, ServiceUnreachableError } from "../../../worker-client/index.ts";
import type { World } from "./world.ts";

const TRIES_FOR_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;

interface FailedCall {
  readonly name: string;
  readonly error: unknown;
  readonly beganAtMs: number;
  /** Whether the weather was good when it began. */
  readonly wasWell: boolean;
  /** How long it asked the service to wait, and how long its machine slept. */
  readonly idleMs: number;
}

/** A call may fail, but only for a reason, and neither at once nor late. */
export function checkFailure(world: World, call: FailedCall): void {
  const { name, error, beganAtMs, wasWell, idleMs } = call;
  const tookMs = world.nowMs - beganAtMs;
  const told = `${name}, begun at ${beganAtMs} ms`;
  if (error instanceof RequestRefusedError && error.status < 500) {
    if (wasWell && error.problem === null) world.violate("settles", `${told}: not refused by us`);
  } else if (!(error instanceof ServiceUnreachableError)) {
    world.violate("settles", `${told}, failed in no known way: ${String(error)}`);
  } else if (wasWell) {
    world.violate("settles", `${told}, when all was well, failed: ${String(error)}`);
  } else if (error.retryAfterSeconds === 0 && tookMs < 1000) {
    world.violate("settles", `${told}, gave up at once`);
  } else if (name !== "finish" && tookMs > TRIES_FOR_MS + ANSWER_WITHIN_MS + 3 * idleMs) {
    world.violate("settles", `${told}, gave up only after ${tookMs} ms`);
  }
}
