import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskFencedError,
  TaskGoneError,
} from "../../../worker-client/index.ts";
import { pause } from "../pause.ts";
import { makeCall, newClient } from "./calls.ts";
import { Listener } from "./listener.ts";
import type { World } from "./world.ts";

const MANNERS = [
  "cooperative",
  "cooperative",
  "cooperative",
  "stubborn",
  "failing",
  "late",
] as const;

class OwnError extends Error {}

/** A worker that calls `run`, in one of several manners. */
export async function runWorker(world: World, workMs: number): Promise<void> {
  const { random, service, truth, coverage, weather } = world;
  const machine = world.here();
  const { name } = machine;
  const manner = random.one(MANNERS);
  const abortAfterSeconds = random.percent(30) ? random.whole(5, 120) : null;
  const own = random.percent(10) ? new AbortController() : null;
  const stopByHand = () => own?.abort(new OwnError("stopped by hand"));
  const hand = setTimeout(stopByHand, random.whole(1, workMs));
  const listener = new Listener(world, { abortAfterSeconds, own: own?.signal });
  const wasWell = weather.isWell;
  const token = `run of ${name}`;
  world.calls.add(token);
  let attempt = Number.POSITIVE_INFINITY;
  let isDone = false;
  let isUnreported = false;

  async function labour(signal: AbortSignal): Promise<string> {
    if (manner === "stubborn" || manner === "failing") await pause(workMs);
    else {
      await pause(workMs, signal);
      if (signal.aborted) await pause(random.whole(0, 40_000));
      if (manner === "cooperative") signal.throwIfAborted();
    }
    if (manner === "failing") throw new OwnError("out of memory");
    isDone = true;
    return "done";
  }

  /** Whether what the run rejects with is so. */
  function isTrue(error: unknown): boolean {
    if (error instanceof TaskCancelledError) return truth.hasCancellation(error.cancellation);
    if (error instanceof TaskFencedError) return error.attempt <= truth.highestAttempt;
    if (error instanceof TaskGoneError) return truth.timesForgotten > 0;
    if (error instanceof ServiceUnreachableError) {
      return abortAfterSeconds !== null || (!wasWell && attempt === Number.POSITIVE_INFINITY);
    }
    // A login page may have said 403, but not in good weather.
    if (error instanceof RequestRefusedError)
      return error.status < 500 && (error.problem !== null || !wasWell);
    return error instanceof OwnError;
  }

  try {
    await newClient(random.percent(60)).run(
      service.id,
      (run) => {
        attempt = run.attempt;
        if (run.signal.aborted) world.violate("I3", `${name} begins work that is cancelled`);
        listener.listen(run.signal, attempt);
        return labour(run.signal).finally(() => listener.close());
      },
      {
        signal: own?.signal,
        onChange: (task) => listener.change(task),
        onError: (error) => {
          // Before the work is done it is about the watch, and what the service says is no accident.
          const isTheService = error instanceof RequestRefusedError && error.problem !== null;
          if (isDone && !isTheService) isUnreported = true;
        },
        ...(abortAfterSeconds !== null && { onUnreachable: { abortAfterSeconds } }),
      },
    );
    coverage.count(isUnreported ? "run: unreported" : "run: finished");
    if (!isDone) world.violate("I4", `${name} has run to an end that its work never came to`);
    if (!isUnreported && !truth.wasReported(attempt, "succeeded")) {
      world.violate("I5", `${name} believes that attempt ${attempt} has succeeded`);
    }
    if (isUnreported && wasWell) world.violate("settles", `${name} could not report`);
  } catch (error) {
    const kind = error instanceof Error ? error.constructor.name : String(error);
    coverage.count(`run: ${kind}`);
    world.trace.note(name, `its run rejects: ${kind}`);
    if (!isTrue(error)) world.violate("I4", `the run of ${name} rejects with ${String(error)}`);
  } finally {
    clearTimeout(hand);
    world.calls.delete(token);
    world.expectNothingLeft(machine);
  }
}

/** Somebody who only watches. What it returns closes the watch. */
export function watchTask(world: World): () => void {
  const { random, service } = world;
  const abortAfterSeconds = random.percent(30) ? random.whole(5, 120) : null;
  const listener = new Listener(world, { abortAfterSeconds });
  const watch = newClient(random.percent(60)).watch(service.id, {
    onChange: (task) => {
      listener.change(task);
      if (task.endedAt !== null) world.expectNothingLeft(listener.machine);
    },
    onError: () => {},
    ...(abortAfterSeconds !== null && { onUnreachable: { abortAfterSeconds } }),
  });
  listener.listen(watch.signal);
  return () => {
    listener.close();
    watch.close();
  };
}

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
  if (!truth.wasStored(end)) world.violate("I5", `${name} is told of an end that never was`);
  if (end.endedAt === null) world.violate("I6", `${name} has finished a task that goes on`);
}
