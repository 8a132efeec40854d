import * as v from "valibot";
import { LIVING_STATUSES } from "../../worker-client/protocol.ts";
import { allows, coversAll, coversToken } from "../auth/caller.ts";
import type { BulkReading, BulkStub } from "../directory/directory-stub.ts";
import { parseBody, parseFields } from "../http/body.ts";
import { fields, isObject } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { show } from "../http/request.ts";
import { jsonResponse } from "../http/response.ts";
import { askObject } from "./ask-task.ts";
import { MAX_CANCEL_BYTES } from "./cancel.ts";
import { filterOf, requireDirectory } from "./directory.ts";
import { callerStream } from "./streams.ts";
import type { Call } from "./task-route.ts";

const STATUS = `must be ${LIVING_STATUSES.map((status) => `"${status}"`).join(", ")}, or a list of these`;
const livingStatus = v.picklist(LIVING_STATUSES, STATUS);

/** The schema of what a bulk cancel selects tasks by. */
const SELECTION = {
  status: v.optional(
    v.union([livingStatus, v.pipe(v.array(livingStatus, STATUS), v.minLength(1, STATUS))], STATUS),
  ),
  queue: v.optional(fields.taskId),
  parent: v.optional(fields.taskId),
  prefix: v.optional(fields.prefix),
  createdAfter: v.optional(fields.time),
};

/** The schema of a bulk cancel's body. */
export const BULK_CANCEL = {
  select: v.custom<object>(isObject, 'must be a JSON object like { "prefix": "sweep-7-" }'),
  reason: v.nullish(fields.reason, null),
  gracePeriodSeconds: v.nullish(fields.gracePeriodSeconds, null),
  dryRun: v.optional(fields.flag, false),
};

/** 202 with a bulk cancel, which goes on by itself until all of its tasks have ended. */
export async function cancelTasks(call: Call): Promise<Response> {
  const { request, env, caller } = call;
  requireDirectory(env);
  const { select: selected, ...order } = await parseBody(request, BULK_CANCEL, {
    maxBytes: MAX_CANCEL_BYTES,
  });
  const select = parseFields(selected, SELECTION);
  if (Object.keys(select).length === 0) {
    throw new ProblemError(
      "bad-request",
      `The field "select" selects nothing: name at least one of ${Object.keys(SELECTION).join(", ")}.`,
    );
  }
  const status = select.status === undefined ? LIVING_STATUSES : [select.status].flat();
  const id = crypto.randomUUID();
  const bulk = await askObject({ reach: () => env.BULK.getByName(id) }, (object) =>
    object.begin({
      ...order,
      id,
      select,
      filter: filterOf({ ...select, status }),
      covered: { tasks: caller.tasks, queues: caller.queues },
      requestedBy: caller.subject,
    }),
  );
  return jsonResponse(bulk, 202, { Location: `/v1/cancellations/${id}` });
}

/** Reads the progress of a bulk cancel: as it is now, or after each of its turns (SSE). */
export async function readCancellation(call: Call): Promise<Response> {
  const { request, env } = call;
  const id = request.params["id"] ?? "";
  if (!UUID.test(id)) throw unknown(id);
  const reach = () => env.BULK.getByName(id);
  const reading = await askObject({ reach }, (object) => object.read());
  if (reading === null || !mayRead(call, reading)) throw unknown(id);
  const isStream = request.headers.get("Accept")?.includes("text/event-stream");
  if (!isStream || request.method === "HEAD") return jsonResponse(reading.bulk);
  return streamCancellation(call, reach);
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Whether a caller may read a bulk cancel: the subject that began it, or an admin, with a token that
 * covers every task that it can cancel.
 */
function mayRead({ caller }: Call, { bulk, filter, covered }: BulkReading): boolean {
  if (caller.subject !== bulk.requestedBy && !allows(caller, "admin")) return false;
  return coversAll(caller, filter) || coversToken(caller, covered);
}

function unknown(id: string): ProblemError {
  return new ProblemError(
    "cancellation-unknown",
    `You have no bulk cancel ${show(id)}: begin one with POST /v1/cancellations. It is forgotten seven days after its end.`,
  );
}

async function streamCancellation(call: Call, reach: () => BulkStub): Promise<Response> {
  const headers = { Upgrade: "websocket" };
  const answer = await askObject({ reach }, (object) =>
    object.fetch("https://bulk.invalid/", { headers }),
  );
  const { webSocket } = answer;
  if (webSocket === null) {
    throw new ProblemError(
      "too-many-watchers",
      "This bulk cancel has too many watchers: try again later.",
      {
        headers: { "Retry-After": "30" },
      },
    );
  }
  return callerStream(call, webSocket);
}
