import type { TaskStatus } from "../../worker-client/protocol.ts";
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
import { ProblemError } from "../http/problem.ts";
import { show } from "../http/request.ts";
import { askObject } from "./ask-task.ts";
import { unknownProblem } from "./task-problems.ts";
import type { Call, TaskCall } from "./task-route.ts";

const PARAMETERS = ["status", "queue", "parent", "prefix", "createdAfter", "limit", "cursor"];
const STATUSES: readonly TaskStatus[] = [
  "pending",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/** `GET /v1/tasks`: the tasks that the caller's token covers, newest first, page by page. */
export async function listTasks({ request, env, caller }: Call): Promise<Response> {
  requireDirectory(env);
  const { searchParams } = new URL(request.url);
  for (const name of searchParams.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw badRequest(
        `The parameter ${show(name)} is unknown: they are ${PARAMETERS.join(", ")}.`,
      );
    }
  }
  const page = await readPage(directoryPort(env), {
    filter: requestedFilter(searchParams),
    covered: { tasks: caller.tasks, queues: caller.queues },
    after: requestedPlace(searchParams.get("cursor")),
    limit: requestedLimit(searchParams.get("limit")),
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

/** In the format that Prometheus scrapes: https://prometheus.io/docs/instrumenting/exposition_formats */
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

function requestedFilter(parameters: URLSearchParams): TaskFilter {
  const statuses = parameters.getAll("status").flatMap((list) => list.split(","));
  const createdAfter = parameters.get("createdAfter");
  return {
    statuses: statuses.length === 0 ? null : statuses.map(knownStatus),
    queue: parameters.get("queue"),
    parent: parameters.get("parent"),
    prefix: parameters.get("prefix"),
    createdAfterMs: createdAfter === null ? null : timeMs(createdAfter),
  };
}

function knownStatus(text: string): TaskStatus {
  const status = STATUSES.find((known) => known === text);
  if (status !== undefined) return status;
  throw badRequest(`status must be one of ${STATUSES.join(", ")}, not ${show(text)}.`);
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

function timeMs(text: string): number {
  const atMs = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw badRequest(`createdAfter must be a time like 2026-01-31T09:00:00Z, not ${show(text)}.`);
}

function requestedLimit(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LIMIT) return Number(text);
  throw badRequest(`limit must be a whole number from 1 to ${MAX_LIMIT}, not ${show(text)}.`);
}

function requestedPlace(cursor: string | null): Position | null {
  if (cursor === null) return null;
  const place = fromCursor(cursor);
  if (place !== null) return place;
  throw badRequest(`The cursor ${show(cursor)} is none of ours: send one as an answer had it.`);
}

function badRequest(detail: string): ProblemError {
  return new ProblemError("bad-request", detail);
}
