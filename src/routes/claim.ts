import * as v from "valibot";
import type { TaskState } from "../../worker-client/protocol.ts";
import { watchEndsAtMs } from "../auth/caller.ts";
import { parkedAnswer } from "../durable/parked-answer.ts";
import { parseBody } from "../http/body.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { requestedWait } from "../http/request.ts";
import { taskResponse } from "../http/response.ts";
import { logLine } from "../log-line.ts";
import { wordOf } from "../queues/queue.ts";
import type { ClaimMessage, Offer, OfferEnd } from "../queues/queue-stub.ts";
import type { CommandAnswer } from "../tasks/task-stub.ts";
import { askObject } from "./ask-task.ts";
import { openQueueWatch, type QueueCall } from "./queue-route.ts";
import { refusalProblem } from "./task-problems.ts";

/** The schema of a claim's body. */
export const CLAIM = { holder: fields.holder, leaseSeconds: v.optional(fields.leaseSeconds, 60) };

interface Claim {
  readonly holder: string;
  readonly leaseSeconds: number;
}

/** How many tasks that cannot be reached are skipped before the claim fails. */
const MAX_UNREACHABLE = 3;
/** How many offers one request may try: it must not go on forever. */
const MAX_OFFERS = 100;

/** 200 with the task, which now runs; 204 if there is none within the wait. */
export async function claimTask(call: QueueCall): Promise<Response> {
  const { request, env, caller } = call;
  const wait = requestedWait(request, env);
  const claim = await parseBody(request, CLAIM);
  const nowMs = Date.now();
  const endsAtMs = Math.min(
    nowMs + (wait?.seconds ?? 0) * 1000,
    watchEndsAtMs(caller, nowMs) ?? Number.POSITIVE_INFINITY,
  );
  const failures: unknown[] = [];
  for (let offers = 0; offers < MAX_OFFERS; offers++) {
    const offer = await nextOffer(call, claim.holder, endsAtMs);
    if (offer === null) return new Response(null, { status: 204, headers: wait?.headers ?? {} });
    const task = await startOffered(call, offer, claim, failures);
    if (task !== null) return taskResponse(task, 200, wait?.headers);
    if (failures.length >= MAX_UNREACHABLE) throw failures[0];
  }
  throw new ProblemError(
    "overloaded",
    `The queue ${call.queue} has many tasks that can no longer be started, and is dropping them: claim again.`,
    { headers: { "Retry-After": "1" } },
  );
}

/** Returns the task that the worker may start, at once or within the wait, or null if there is none. */
async function nextOffer(call: QueueCall, holder: string, endsAtMs: number): Promise<ClaimMessage> {
  if (endsAtMs <= Date.now()) return askObject(call, (queue) => queue.offer(holder));
  const { signal } = call.request;
  // If the object goes away in the meantime, the socket closes without a message: claim again, once.
  for (let asked = 0; asked < 2; asked++) {
    const answer = await openQueueWatch(call, { kind: "claim", holder });
    if (answer.webSocket === null) return answer.json();
    const waitMs = Math.max(0, endsAtMs - Date.now());
    const parked = await parkedAnswer(answer.webSocket, { waitMs, signal });
    switch (parked.kind) {
      case "message":
        return JSON.parse(parked.text);
      case "wait_over":
        return null;
      case "cut":
        signal.throwIfAborted();
    }
  }
  throw new ProblemError("overloaded", "The claim was cut off: claim again.", {
    headers: { "Retry-After": "1" },
  });
}

/**
 * Starts a task that the worker was offered, and tells the queue what the task says. Returns null if it
 * cannot be started; the next one may be.
 */
async function startOffered(
  call: QueueCall,
  offer: Offer,
  { holder, leaseSeconds }: Claim,
  failures: unknown[],
): Promise<TaskState | null> {
  const { request, env, queue } = call;
  const { id } = offer;
  const settle = (end: OfferEnd) =>
    askObject(call, (object) => object.settle({ ...offer, holder }, end));
  if (request.signal.aborted) {
    // The client is gone: the next worker is offered the task.
    await settle({ kind: "declined" });
    throw request.signal.reason;
  }
  const start = { type: "start", holder, leaseSeconds, fromQueue: queue } as const;
  const reach = () => env.TASKS.getByName(id);
  const by = call.caller.subject;
  const ask = () => askObject({ reach }, (object) => object.command(start, undefined, by));
  let answer: CommandAnswer;
  try {
    // Even if the call failed, the task may now run: a second call of this holder finds out.
    answer = await ask().catch(ask);
  } catch (error) {
    failures.push(error);
    await settle({ kind: "unreachable" });
    return null;
  }
  if (answer.kind === "refused") {
    if (answer.refusal === "fenced") {
      // The task waits for a worker, but this holder has had its attempt.
      await settle({ kind: "declined" });
      throw refusalProblem(id, answer.refusal, answer.task);
    }
    await settle(wordOf(answer.task, queue));
    return null;
  }
  await settle(wordOf(answer.task, queue)).catch((error: unknown) => {
    // The task runs, and that counts. The queue finds out when it offers the task again.
    console.error(logLine("queue_unreachable", { queue, error: String(error) }));
  });
  return answer.task;
}
