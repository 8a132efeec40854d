import * as v from "valibot";
import { TASK_STATUSES, type TaskStatus } from "../../worker-client/protocol.ts";
import type {
  TaskCount,
  TaskHistory,
  TaskPage,
  TaskStats,
} from "../../worker-client/protocol-directory.ts";
import { directoryPort, readPage } from "../directory/page.ts";
import {
  fromCursor,
  type Position,
  sumCounts,
  type TaskFilter,
  toCursor,
} from "../directory/query.ts";
import { DIRECTORY_SHARD_NAMES } from "../durable/shards.ts";
import type { Env } from "../env.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { parseQuery } from "../http/query.ts";
import { show } from "../http/request.ts";
import { askObject } from "./ask-task.ts";
import { unknownProblem } from "./task-problems.ts";
import type { Call, TaskCall } from "./task-route.ts";

const STATUS = `must be one of ${TASK_STATUSES.join(", ")}, or several with commas between them`;
const LIMIT = "must be a whole number from 1 to 100";
const DEFAULT_LIMIT = 50;

const LIST = {
  status: v.optional(
    v.pipe(
      v.string(),
      v.transform((statuses) => statuses.split(",")),
      v.array(v.picklist(TASK_STATUSES, STATUS)),
    ),
  ),
  queue: v.optional(fields.taskId),
  parent: v.optional(fields.taskId),
  prefix: v.optional(fields.prefix),
  createdAfter: v.optional(fields.time),
  limit: v.optional(
    v.pipe(v.string(), v.regex(/^(?:[1-9]\d?|100)$/, LIMIT), v.transform(Number)),
    String(DEFAULT_LIMIT),
  ),
  cursor: v.optional(v.string()),
};
/** The query parameters of a list. */
export const LIST_PARAMETERS = Object.keys(LIST);

/** `GET /v1/tasks`: the tasks that the caller's token covers, newest first, page by page. */
export async function listTasks({ request, env, caller }: Call): Promise<Response> {
  requireDirectory(env);
  const { limit, cursor = null, ...asked } = parseQuery(request, LIST);
  const page = await readPage(directoryPort(env), {
    filter: filterOf(asked),
    covered: { tasks: caller.tasks, queues: caller.queues },
    after: requestedPlace(cursor),
    limit,
  });
  const answer: TaskPage = {
    tasks: page.tasks,
    cursor: page.to && toCursor(page.to),
    asOf: new Date(page.asOfMs).toISOString(),
  };
  return Response.json(answer);
}

/** `GET /v1/tasks/:id/history`: what has happened to a task, oldest first. */
export async function readTaskHistory(call: TaskCall): Promise<Response> {
  const entries = await askObject(call, (object) => object.history());
  if (entries === null) throw unknownProblem(call.id);
  const history: TaskHistory = { entries };
  return Response.json(history);
}

/** `GET /v1/stats`: how many tasks there are, as JSON or, for `Accept: text/plain`, for Prometheus. */
export async function readStats({ request, env, caller }: Call): Promise<Response> {
  requireDirectory(env);
  if (!caller.tasks.includes("*")) {
    throw new ProblemError(
      "forbidden",
      'Counts are of all tasks, so they need a token whose tasks are ["*"].',
    );
  }
  const shards = DIRECTORY_SHARD_NAMES.map((name) => env.DIRECTORY_SHARDS.getByName(name).count());
  const counted = await Promise.all(shards);
  const counts = sumCounts(counted.flatMap((shard) => shard.counts));
  if (request.headers.get("Accept")?.includes("text/plain")) {
    return new Response(prometheusText(counts), {
      headers: { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" },
    });
  }
  const asOfMs = Math.min(...counted.map(({ countedAtMs }) => countedAtMs));
  const stats: TaskStats = { counts, asOf: new Date(asOfMs).toISOString() };
  return Response.json(stats);
}

/** Formats counts for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats */
function prometheusText(counts: readonly TaskCount[]): string {
  const lines = counts.map(({ status, queue, tasks }) => {
    return `edge_canceler_tasks{status="${status}",queue="${queue ?? ""}"} ${tasks}\n`;
  });
  return [
    "# HELP edge_canceler_tasks Tasks that are known, by status and queue.\n",
    "# TYPE edge_canceler_tasks gauge\n",
    ...lines,
  ].join("");
}

export function requireDirectory({ DIRECTORY }: Env): void {
  if (DIRECTORY !== "off") return;
  throw new ProblemError(
    "directory-off",
    'This service keeps no directory of its tasks (DIRECTORY = "off"), so it cannot list them: ask for each by its id.',
  );
}

interface Selected {
  readonly status?: readonly TaskStatus[] | undefined;
  readonly queue?: string | undefined;
  readonly parent?: string | undefined;
  readonly prefix?: string | undefined;
  readonly createdAfter?: string | undefined;
}

/** Returns the filter for the tasks that a list or a bulk cancel selects. */
export function filterOf({ createdAfter, ...selected }: Selected): TaskFilter {
  return {
    statuses: selected.status ?? null,
    queue: selected.queue ?? null,
    parent: selected.parent ?? null,
    prefix: selected.prefix ?? null,
    createdAfterMs: createdAfter === undefined ? null : Date.parse(createdAfter),
  };
}

function requestedPlace(cursor: string | null): Position | null {
  if (cursor === null) return null;
  const place = fromCursor(cursor);
  if (place !== null) return place;
  throw new ProblemError(
    "bad-request",
    `The cursor ${show(cursor)} is not valid: send one that an earlier page returned.`,
  );
}
