import type { ObjectEntries } from "valibot";
import type { Scope } from "../../worker-client/protocol.ts";
import { PARENT_HEADER } from "../../worker-client/protocol-trees.ts";
import type { Schema } from "./schemas.ts";

/** The content of a response: a wire type as JSON, optionally also as a stream or text; plain text; or none. */
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

/** The groups of operations. */
export type Tag =
  | "Tasks"
  | "Runs"
  | "Cancel"
  | "Queues"
  | "Lists"
  | "Webhooks"
  | "Plain text"
  | "Service";

/** The validation schema of a body, and its wire type. */
export interface Body {
  readonly fields: ObjectEntries;
  readonly type: string;
}

/** One method of one route, as described to people and client generators. */
export interface Operation {
  readonly id: string;
  readonly method: "get" | "put" | "post" | "delete";
  /** The path in the router's syntax: `/v1/tasks/:id`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  /** The scope that a token needs, or null if the route requires no token. */
  readonly scope: Scope | null;
  readonly parameters?: readonly Parameter[];
  readonly body?: Body;
  readonly answers: { readonly [status: number]: Answer };
  /** The statuses of problems specific to this operation; the others can occur on any route. */
  readonly problems?: readonly number[];
}

export const TASK = { json: "TaskState" } as const;

/** The parameters for how long the caller will wait. */
export const WAIT: readonly Parameter[] = [
  {
    name: "wait",
    in: "query",
    description:
      "Seconds that the request may be parked, up to the service's own limit. If empty, the service decides.",
    schema: { type: "string", pattern: "^(\\d{1,5}(\\.\\d{1,3})?)?$" },
  },
  {
    name: "Prefer",
    in: "header",
    description: "The same as `wait=30` (RFC 7240).",
    schema: { type: "string", examples: ["wait=30"] },
  },
];

/** The header of an operation that may create a task. */
export const PARENT: Parameter = {
  name: PARENT_HEADER,
  in: "header",
  description: "The parent of each task that the body names no parent for.",
  schema: { type: "string" },
};
