import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskClient,
  type TaskState,
} from "../../../worker-client/index.ts";
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
function checkFailure(world: World, call: FailedCall): void {
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

const url = "http://simulated.invalid";

/** A client on either transport: its own `fetch` makes its watches long polls. */
export function newClient(usesSockets: boolean): TaskClient {
  if (usesSockets) return new TaskClient({ url });
  return new TaskClient({ url, fetch: (to, init) => fetch(to, init) });
}

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
    if (!truth.wasStored(task) || !isOnRecord) world.violate("I1", "a cancel was made up");
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

/** A read that began when `known` had been acknowledged sees that or what came of it. */
function checkRead(world: World, known: TaskState | null, read: TaskState | null): void {
  const { truth, coverage } = world;
  if (read !== null && !truth.wasStored(read))
    world.violate("I4", "a state was read that never was");
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
