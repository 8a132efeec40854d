import type { ObjectEntries } from "valibot";
import type { Scope } from "../../worker-client/protocol.ts";
import type { Schema } from "./schemas.ts";

/** What an answer carries: a wire type as JSON, a stream of such or a text too, or nothing. */
export type Content =
  | { readonly json: string; readonly stream?: true; readonly text?: true }
  | { readonly plain: Schema }
  | null;

export interface Answer {
  readonly description: string;
  readonly content: Content;
}

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "header";
  readonly description: string;
  readonly schema: Schema;
}

/** What operations are grouped by. */
export type Tag =
  | "Tasks"
  | "Runs"
  | "Cancel"
  | "Queues"
  | "Lists"
  | "Webhooks"
  | "Plain text"
  | "Service";

/** What a body is checked with, and the wire type that it is. */
export interface Body {
  readonly fields: ObjectEntries;
  readonly type: string;
}

/** One method of one route, as people and generators of clients read of it. */
export interface Operation {
  readonly id: string;
  readonly method: "get" | "put" | "post" | "delete";
  /** As the router has it: `/v1/tasks/:id`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  /** The scope that a token needs; null: none is asked for. */
  readonly scope: Scope | null;
  readonly parameters?: readonly Parameter[];
  readonly body?: Body;
  readonly answers: { readonly [status: number]: Answer };
  /** The statuses of the problems that are its own; every route can have the others. */
  readonly problems?: readonly number[];
}

export const TASK = { json: "TaskState" } as const;

/** How long the caller is ready to wait. */
export const WAIT: readonly Parameter[] = [
  {
    name: "wait",
    in: "query",
    description:
      "Seconds that the request may be parked; the service has a limit of its own. Empty: as long as the service likes.",
    schema: { type: "string", pattern: "^(\\d{1,5}(\\.\\d{1,3})?)?$" },
  },
  {
    name: "Prefer",
    in: "header",
    description: "The same as `wait=30` (RFC 7240).",
    schema: { type: "string", examples: ["wait=30"] },
  },
];
